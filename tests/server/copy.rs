//! COPY and cursors as drivers drive them: data both ways, what breaks off in the middle, portals that SQL reads.

use bytes::Bytes;
use futures::{SinkExt, TryStreamExt, pin_mut};
use tokio_postgres::binary_copy::{BinaryCopyInWriter, BinaryCopyOutStream};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, NoTls};

use crate::support::server::{Server, Store, block_on, column, state, value};

fn with_client<F: Future<Output = ()>>(test: impl FnOnce(&'static Server, Client) -> F) {
    block_on(async {
        let server: &'static Server = Box::leak(Box::new(Server::start(Store::folder()).await));
        let client = server.superuser().await;
        client.batch_execute("CREATE TABLE t (a int8, b text)").await.unwrap();
        test(server, client).await;
    });
}

async fn copied_in(
    client: &Client,
    sql: &str,
    parts: &[&'static [u8]],
) -> Result<u64, tokio_postgres::Error> {
    let sink = client.copy_in::<_, Bytes>(sql).await?;
    pin_mut!(sink);
    for part in parts {
        sink.send(Bytes::from_static(part)).await?;
    }
    sink.finish().await
}

#[test]
fn rows_go_in_and_come_out_in_binary() {
    with_client(async |_, client| {
        let types = [Type::INT8, Type::TEXT];
        let sink = client.copy_in("COPY t FROM STDIN (FORMAT binary)").await.unwrap();
        let writer = BinaryCopyInWriter::new(sink, &types);
        pin_mut!(writer);
        // More than one batch.
        for i in 0..20_000i64 {
            let text = (i % 3 > 0).then(|| format!("row {i}"));
            writer.as_mut().write(&[&i, &text]).await.unwrap();
        }
        assert_eq!(writer.finish().await.unwrap(), 20_000);
        let sql = "COPY (SELECT a, b FROM t ORDER BY a) TO STDOUT (FORMAT binary)";
        let stream = client.copy_out(sql).await.unwrap();
        let rows = BinaryCopyOutStream::new(stream, &types);
        let rows: Vec<_> = rows.try_collect().await.unwrap();
        assert_eq!(rows.len(), 20_000);
        assert_eq!(rows[19_999].get::<i64>(0), 19_999);
        assert_eq!(rows[19_998].get::<Option<&str>>(1), None);
        assert_eq!(rows[7].get::<Option<&str>>(1), Some("row 7"));
    });
}

#[test]
fn what_goes_wrong_in_the_middle_leaves_nothing() {
    with_client(async |_, client| {
        let outcome = copied_in(&client, "COPY t FROM STDIN", &[b"1\tx\n2\ty\nthree\tz\n"]).await;
        assert_eq!(state(outcome), "22P02");
        let outcome = copied_in(&client, "COPY t (a) FROM STDIN CSV", &[b"1\n2,", b"3\n"]).await;
        assert_eq!(state(outcome), "22P04");
        {
            // Dropped before it is finished: the driver says CopyFail.
            let sink = client.copy_in::<_, Bytes>("COPY t FROM STDIN").await.unwrap();
            pin_mut!(sink);
            sink.send(Bytes::from_static(b"1\tx\n")).await.unwrap();
        }
        assert_eq!(value(&client, "SELECT count(*) FROM t").await, "0");
        client.batch_execute("BEGIN").await.unwrap();
        assert_eq!(
            copied_in(&client, "COPY t FROM STDIN", &[b"1\t", b"x\n", b"2\ty"]).await.unwrap(),
            2
        );
        assert_eq!(value(&client, "SELECT count(*) FROM t").await, "2");
        client.batch_execute("ROLLBACK").await.unwrap();
        assert_eq!(value(&client, "SELECT count(*) FROM t").await, "0");
        assert_eq!(copied_in(&client, "COPY t FROM STDIN", &[b"1\tx\n"]).await.unwrap(), 1);
        assert_eq!(value(&client, "SELECT count(*) FROM t").await, "1");
    });
}

#[test]
fn a_copy_that_is_cancelled_ends_and_the_connection_goes_on() {
    with_client(async |_, client| {
        let sink = client.copy_in::<_, Bytes>("COPY t FROM STDIN").await.unwrap();
        pin_mut!(sink);
        sink.send(Bytes::from_static(b"1\tx\n")).await.unwrap();
        client.cancel_token().cancel_query(NoTls).await.unwrap();
        // The server says so while it waits for more; the driver hears it when it ends.
        assert_eq!(state(sink.finish().await), "57014");
        let sql = "COPY (SELECT x, repeat('y', 500) FROM generate_series(1, 2000000000) AS g (x)) TO STDOUT";
        let stream = client.copy_out(sql).await.unwrap();
        pin_mut!(stream);
        assert!(stream.try_next().await.unwrap().is_some());
        client.cancel_token().cancel_query(NoTls).await.unwrap();
        let outcome = loop {
            match stream.try_next().await {
                Ok(Some(_)) => {}
                other => break other,
            }
        };
        assert_eq!(state(outcome), "57014");
        assert_eq!(value(&client, "SELECT count(*) FROM t").await, "0");
    });
}

#[test]
fn a_statement_time_out_ends_a_copy_that_waits_for_data() {
    with_client(async |_, client| {
        client.batch_execute("SET statement_timeout = 300").await.unwrap();
        let sink = client.copy_in::<_, Bytes>("COPY t FROM STDIN").await.unwrap();
        pin_mut!(sink);
        sink.send(Bytes::from_static(b"1\tx\n")).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(800)).await;
        assert_eq!(state(sink.finish().await), "57014");
        client.batch_execute("RESET statement_timeout").await.unwrap();
        assert_eq!(value(&client, "SELECT count(*) FROM t").await, "0");
    });
}

#[test]
fn portals_and_cursors_are_one() {
    with_client(async |_, mut client| {
        let sql = "INSERT INTO t SELECT x, 'r' || x FROM generate_series(1, 30000) AS g (x)";
        client.batch_execute(sql).await.unwrap();
        let transaction = client.transaction().await.unwrap();
        let portal = transaction.bind("SELECT a FROM t ORDER BY a", &[]).await.unwrap();
        let rows = transaction.query_portal(&portal, 3).await.unwrap();
        assert_eq!(rows.iter().map(|r| r.get::<_, i64>(0)).collect::<Vec<_>>(), [1, 2, 3]);
        // The driver's portal is a cursor, and goes on where it was left.
        let names = "SELECT name FROM pg_cursors WHERE statement LIKE '%ORDER BY a'";
        let name = transaction.query_one(names, &[]).await.unwrap().get::<_, String>(0);
        let rows = transaction.query(&format!("FETCH 2 FROM \"{name}\""), &[]).await.unwrap();
        assert_eq!(rows.iter().map(|r| r.get::<_, i64>(0)).collect::<Vec<_>>(), [4, 5]);
        let rows = transaction.query_portal(&portal, 20_000).await.unwrap();
        assert_eq!((rows[0].get::<_, i64>(0), rows.len()), (6, 20_000));
        let rows = transaction.query_portal(&portal, 0).await.unwrap();
        assert_eq!((rows[0].get::<_, i64>(0), rows.len()), (20_006, 9_995));
        let declare =
            "DECLARE c CURSOR WITH HOLD FOR SELECT a FROM t WHERE a > $1::int8 ORDER BY a";
        transaction.execute(declare, &[&29_990i64]).await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(column(&client, "FETCH 2 FROM c").await, ["29991", "29992"]);
        let all = client.query("FETCH ALL FROM c", &[]).await.unwrap();
        assert_eq!(all.len(), 8);
        client.batch_execute("CLOSE c").await.unwrap();
        assert_eq!(state(client.batch_execute("FETCH c").await), "34000");
    });
}

#[test]
fn cursors_left_open_take_no_turn_from_others() {
    block_on(async {
        let server =
            Server::start_with(Store::folder(), |config| config.engine.statements = 2).await;
        let client = server.superuser().await;
        client.batch_execute("BEGIN").await.unwrap();
        for i in 0..5 {
            let many = "SELECT x FROM generate_series(1, 10000000) AS g (x)";
            client.batch_execute(&format!("DECLARE c{i} CURSOR FOR {many}")).await.unwrap();
            assert_eq!(column(&client, &format!("FETCH 2 FROM c{i}")).await.len(), 2);
        }
        assert_eq!(column(&client, "FETCH 1 FROM c0").await.len(), 1);
        client.batch_execute("COMMIT").await.unwrap();
        server.stop().await;
    });
}

#[test]
fn a_cursor_stays_open_when_its_right_is_taken_away() {
    with_client(async |server, client| {
        let sql = "INSERT INTO t VALUES (1, 'x'), (2, 'y'); \
                   CREATE ROLE alice LOGIN PASSWORD 'alice'; GRANT SELECT ON t TO alice";
        client.batch_execute(sql).await.unwrap();
        let alice = server.as_role("alice").await;
        let declare = "DECLARE c CURSOR WITH HOLD FOR SELECT a FROM t ORDER BY a";
        alice.batch_execute(declare).await.unwrap();
        client.batch_execute("REVOKE SELECT ON t FROM alice").await.unwrap();
        assert_eq!(column(&alice, "FETCH ALL FROM c").await, ["1", "2"]);
        assert_eq!(
            state(alice.batch_execute("DECLARE d CURSOR WITH HOLD FOR SELECT a FROM t").await),
            "42501"
        );
        assert_eq!(state(alice.batch_execute("COPY t TO STDOUT").await), "42501");
        let refused = copied_in(&alice, "COPY t FROM STDIN", &[b"1\tx\n"]).await;
        assert_eq!(state(refused), "42501");
    });
}
