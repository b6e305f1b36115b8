//! What clients look up in the system catalog by forms of their own.

use super::syntax::named;
use crate::parser::ast::{self, Expr, Query, SetExpr};
use crate::system::tables as system_tables;

/// Whether a relation in FROM is one of the system catalog.
pub(super) fn is_catalog(factor: &ast::TableFactor) -> bool {
    match factor {
        ast::TableFactor::Table { name, args: None, .. } => {
            let bare = || name.0.first().and_then(|part| part.as_ident());
            match name.0.len() {
                1 => bare().is_some_and(|i| system_tables::table("pg_catalog", &i.value).is_some()),
                _ => name.0.len() == 2 && named(name.0.first(), "pg_catalog"),
            }
        }
        _ => false,
    }
}

/// All the roles of which one is a member, as clients walk up from it: a recursive query that names the row around it.
pub(super) fn roles_above(query: &Query) -> Option<Expr> {
    let with = query.with.as_ref().filter(|with| with.recursive)?;
    let [cte] = with.cte_tables.as_slice() else { return None };
    let SetExpr::SetOperation { left, .. } = &*cte.query.body else { return None };
    let SetExpr::Select(first) = &**left else { return None };
    let Some(Expr::BinaryOp { right: member, .. }) = &first.selection else { return None };
    let plain = |text: &str| text.to_lowercase().replace(" as ", " ");
    let walk = format!(
        "with recursive cte (select pg_roles.oid, pg_roles.rolname from pg_catalog.pg_roles \
         where pg_roles.oid = {member} union all select m.roleid, pgr.rolname from cte cte_1 \
         join pg_catalog.pg_auth_members m on m.member = cte_1.oid \
         join pg_catalog.pg_roles pgr on pgr.oid = m.roleid) select rolname from cte"
    );
    let walks = plain(&query.to_string()).replace("cte as (", "cte (") == plain(&walk);
    walks.then(|| super::syntax::call("__roles_of", vec![(**member).clone()]))
}
