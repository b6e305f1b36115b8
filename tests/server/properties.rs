//! Algebra against naive models: rights given and taken, the log of changes replayed, names quoted.

use std::collections::BTreeSet;
use std::sync::Arc;

use lakewire::catalog::acl::{Acl, Ground, Privileges, Revoke};
use lakewire::catalog::change::{Change, apply};
use lakewire::catalog::name::{
    NAME_BYTES_MAX, PUBLIC_SCHEMA, RoleId, SUPERUSER, SchemaId, quote_ident, quote_literal,
};
use lakewire::catalog::relation::Schema;
use lakewire::catalog::role::{Membership, Role};
use lakewire::catalog::snapshot::Snapshot;
use lakewire::catalog::store::Catalog;
use lakewire::config;
use lakewire::parser;
use lakewire::parser::statement::Kind;
use object_store::memory::InMemory;
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::test_runner::{Config, TestRunner};

use crate::support::server::block_on;

const OWNER: RoleId = RoleId(100);
const BITS: [Privileges; 2] = [Privileges::SELECT, Privileges::INSERT];

fn check<S: Strategy>(cases: u32, strategy: S, test: impl Fn(S::Value)) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&strategy, |value| {
        test(value);
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

// ---- rights given and taken

/// One thing said about one privilege, by people 0 (the owner) to 4.
#[derive(Clone, Debug)]
enum Said {
    Grant { by: u8, to: u8, bit: usize, option: bool },
    Revoke { by: u8, from: u8, bit: usize, option_only: bool, cascade: bool },
}

fn said() -> impl Strategy<Value = Said> {
    let bit = 0..BITS.len();
    prop_oneof![
        (0..5u8, 1..5u8, bit.clone(), any::<bool>())
            .prop_map(|(by, to, bit, option)| Said::Grant { by, to, bit, option }),
        (0..5u8, 1..5u8, bit, any::<bool>(), any::<bool>()).prop_map(
            |(by, from, bit, option_only, cascade)| {
                Said::Revoke { by, from, bit, option_only, cascade }
            }
        ),
    ]
}

/// (by, to, bit): who gave what to whom; a second set holds those with the option.
#[derive(Clone, Default, PartialEq, Debug)]
struct Model {
    given: BTreeSet<(u8, u8, usize)>,
    options: BTreeSet<(u8, u8, usize)>,
}

impl Model {
    fn may_give(&self, who: u8, bit: usize) -> bool {
        who == 0 || self.options.iter().any(|(_, to, b)| *to == who && *b == bit)
    }

    /// As if `who` had never had an option.
    fn without_options_of(&self, who: u8) -> Model {
        let mut next = self.clone();
        while let Some((by, _, bit)) = next.options.iter().find(|(_, to, _)| *to == who).copied() {
            next = next.revoked(by, who, bit, false, true).expect("CASCADE is never refused");
        }
        next
    }

    /// None if it must be refused.
    fn revoked(
        &self,
        by: u8,
        from: u8,
        bit: usize,
        option_only: bool,
        cascade: bool,
    ) -> Option<Model> {
        let mut next = self.clone();
        next.options.remove(&(by, from, bit));
        if !option_only {
            next.given.remove(&(by, from, bit));
        }
        loop {
            let orphan =
                next.given.iter().find(|(giver, _, b)| !next.may_give(*giver, *b)).copied();
            let Some(orphan) = orphan else { return Some(next) };
            if !cascade {
                return None;
            }
            next.given.remove(&orphan);
            next.options.remove(&orphan);
        }
    }
}

/// Nobody is a member of anybody.
const GROUND: Ground<'static> = Ground { owner: OWNER, has_role: &|a, b| a.0 == b.0 };

fn role(person: u8) -> RoleId {
    RoleId(OWNER.0 + u32::from(person))
}

fn agrees(acl: &Acl, model: &Model) -> bool {
    let mut seen = Model::default();
    for item in acl.items().iter().filter(|item| item.grantee != OWNER) {
        let (by, to) = ((item.grantor.0 - OWNER.0) as u8, (item.grantee.0 - OWNER.0) as u8);
        for (bit, privilege) in BITS.iter().enumerate() {
            if item.privileges.contains(*privilege) {
                seen.given.insert((by, to, bit));
            }
            if item.options.contains(*privilege) {
                seen.options.insert((by, to, bit));
            }
        }
    }
    seen == *model
}

#[test]
fn grants_follow_a_naive_model() {
    check(512, vec(said(), 1..30), |all| {
        let mut acl = Acl::owned(OWNER, BITS[0] | BITS[1]);
        let mut model = Model::default();
        for one in &all {
            match *one {
                Said::Grant { by, to, bit, option } => {
                    if !model.may_give(by, bit) || by == to {
                        continue;
                    }
                    let options = if option { BITS[bit] } else { Privileges::NONE };
                    let done = acl.grant_on(role(to), role(by), BITS[bit], options, GROUND);
                    let circular = option && !model.without_options_of(to).may_give(by, bit);
                    assert_eq!(done.is_err(), circular, "{one:?} after {all:?}");
                    if circular {
                        continue;
                    }
                    model.given.insert((by, to, bit));
                    if option {
                        model.options.insert((by, to, bit));
                    }
                }
                Said::Revoke { by, from, bit, option_only, cascade } => {
                    let mut next = acl.clone();
                    let revoke = Revoke {
                        grantee: role(from),
                        grantor: role(by),
                        privileges: BITS[bit],
                        options_only: option_only,
                        cascade,
                    };
                    let done = next.revoke(revoke, GROUND);
                    match model.revoked(by, from, bit, option_only, cascade) {
                        Some(wanted) => {
                            assert!(done.is_ok(), "{one:?} is refused after {all:?}");
                            acl = next;
                            model = wanted;
                        }
                        None => assert!(done.is_err(), "{one:?} leaves orphans after {all:?}"),
                    }
                }
            }
            assert!(agrees(&acl, &model), "after {one:?} of {all:?}: {acl:?} against {model:?}");
            for person in 1..5u8 {
                let held = acl.held(|other| other == role(person));
                for (bit, privilege) in BITS.iter().enumerate() {
                    let has = model.given.iter().any(|(_, to, b)| *to == person && *b == bit);
                    assert_eq!(held.contains(*privilege), has, "{person} {bit} after {all:?}");
                }
            }
        }
    });
}

// ---- the log of changes

/// Small numbers stand for roles and schemas, so that changes meet each other.
fn change() -> impl Strategy<Value = Change> {
    let id = 20_000..20_005u32;
    prop_oneof![
        id.clone().prop_map(|id| Change::PutRole(Role::new(RoleId(id), &format!("role{id}")))),
        id.clone().prop_map(|id| Change::DropRole(RoleId(id))),
        (id.clone(), id.clone(), any::<bool>()).prop_map(|(role, member, admin)| {
            Change::PutMembership(Membership {
                role: RoleId(role),
                member: RoleId(member),
                grantor: SUPERUSER,
                admin,
            })
        }),
        id.clone().prop_map(|id| {
            Change::PutSchema(Schema {
                id: SchemaId(id + 100),
                name: format!("schema{id}"),
                owner: SUPERUSER,
                location: None,
                acl: None,
                comment: None,
                revision: 0,
            })
        }),
        id.prop_map(|id| Change::DropSchema(SchemaId(id + 100))),
    ]
}

fn first() -> Vec<Change> {
    vec![
        Change::PutRole(Role::bootstrap("none".to_owned())),
        Change::PutSchema(Schema {
            id: PUBLIC_SCHEMA,
            name: "public".to_owned(),
            owner: SUPERUSER,
            location: None,
            acl: None,
            comment: None,
            revision: 0,
        }),
    ]
}

#[test]
fn the_log_replayed_is_the_snapshot() {
    check(48, vec(vec(change(), 1..4), 1..25), |batches| {
        block_on(async {
            let store: Arc<InMemory> = Arc::new(InMemory::new());
            let root = object_store::path::Path::from("lake/_lakewire/catalog");
            // Compacted often, so that both kinds of start are met.
            let settings = config::Catalog { snapshot_every: 7, ..config::Catalog::default() };
            let catalog =
                Catalog::open(Arc::clone(&store) as _, root.clone(), settings.clone(), true);
            let catalog = catalog.await.expect("an empty store");
            let mut model = Snapshot::default();
            for batch in std::iter::once(first()).chain(batches) {
                let expected = apply(&model, &batch);
                let committed = catalog.commit(&catalog.snapshot(), "a test", batch).await;
                assert_eq!(expected.is_ok(), committed.is_ok(), "{:?}", committed.err());
                if let Ok(next) = expected {
                    model = next;
                }
            }
            let kept = format!("{:?}", catalog.snapshot().contents());
            assert_eq!(kept, format!("{:?}", model.contents()));
            let again = Catalog::open(store as _, root, settings, true).await.expect("a log");
            assert_eq!(format!("{:?}", again.snapshot().contents()), kept);
        });
    });
}

// ---- names and texts

#[test]
fn quoted_names_read_back() {
    check(512, "[^\\x00]{1,20}", |name| {
        if name.len() > NAME_BYTES_MAX {
            return;
        }
        let sql = format!("CREATE ROLE {}", quote_ident(&name));
        let statements = parser::parse(&sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        match &statements[0].kind {
            Kind::CreateRole { name: read, .. } => assert_eq!(read.name, name),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn quoted_texts_read_back() {
    // An empty comment is none, so at least one character.
    check(512, "[^\\x00]{1,40}", |text| {
        let sql = format!("COMMENT ON ROLE r IS {}", quote_literal(&text));
        let statements = parser::parse(&sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        match &statements[0].kind {
            Kind::Comment { text: read, .. } => assert_eq!(read.as_deref(), Some(text.as_str())),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn no_text_makes_the_parser_panic() {
    let words = "(SELECT|FROM|\\(|\\)|,|'|\"|;|GRANT|ON|TO|CREATE|TABLE|AS|WITH|x|1|\\$1|::|--|/\\*|E'\\\\| |\n|é){0,30}";
    check(2_000, words, |sql| {
        // An error is fine.
        let _ = parser::parse(&sql);
    });
}
