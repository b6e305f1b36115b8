//! Which columns of which relation a bound query refers to, anywhere: the walk over its unoptimised plan.
//!
//! Unoptimised, because the optimiser drops references (`WHERE x = x`, unused CTE columns) for which
//! PostgreSQL asks a right all the same. A name is followed down through the nodes that pass columns on, to the scan
//! it comes from or to the node that computed it (whose own expressions are visited in their turn).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchemaRef};
use datafusion::logical_expr::{Distinct, Expr, LogicalPlan};

use crate::catalog::acl::Privileges;
use crate::catalog::name::RoleId;
use crate::catalog::relation::{Relation, RelationKind};
use crate::error::{Error, Result};
use crate::planner::dialect::handed_through;
use crate::planner::failure::OrFail;
use crate::planner::reads_nothing;
use crate::planner::sources::{Kind, Source};
use crate::storage::tid::POSITION;
use crate::system::views::is_secret;

use super::needs::Need;

/// The needs of reading `plan` as `role`, views below it as their owners.
pub(super) fn needs(plan: &LogicalPlan, role: RoleId) -> Result<Vec<Need>> {
    needs_as(plan, role, role)
}

/// The same below a view: `role` is the view's owner, `invoker` who runs the statement.
fn needs_as(plan: &LogicalPlan, role: RoleId, invoker: RoleId) -> Result<Vec<Need>> {
    let mut walk = Walk::default();
    walk.plan(plan, &[])?;
    // The rows a query returns refer to all its columns.
    (0..plan.schema().fields().len()).try_for_each(|i| walk.output(plan, i))?;
    let mut needs = Vec::new();
    for (_, (relation, columns)) in std::mem::take(&mut walk.scans) {
        needs.push(Need::Columns {
            relation: relation.id,
            privilege: Privileges::SELECT,
            columns: columns.into_iter().collect(),
            role,
        });
    }
    needs.extend(walk.secrets.into_iter().map(|message| Need::Superuser { message }));
    for (reader, body) in walk.bodies {
        let role = match reader {
            Reader::Same => role,
            Reader::Owner(owner) => owner,
            Reader::Invoker => invoker,
        };
        needs.extend(needs_as(&body, role, invoker)?);
    }
    Ok(needs)
}

/// As whom what stands behind a relation is read.
enum Reader {
    /// As whoever reads the relation: its policies.
    Same,
    /// A view's owner.
    Owner(RoleId),
    /// A `security_invoker` view, however deep below views of others.
    Invoker,
}

#[derive(Default)]
struct Walk {
    /// By relation id: what is read of it. A scan that reads no column stays with an empty set.
    scans: BTreeMap<u32, (Arc<Relation>, BTreeSet<i16>)>,
    /// What stands behind views and secured relations.
    bodies: Vec<(Reader, Arc<LogicalPlan>)>,
    /// Why only superusers may run it.
    secrets: Vec<String>,
}

impl Walk {
    /// Visits a node, what is below it, and the subqueries in its expressions. `outer` are the inputs of the
    /// queries around it, innermost last, for correlated references.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "an expression of any other kind refers to nothing by itself; its parts are visited"
    )]
    fn plan<'p>(&mut self, plan: &'p LogicalPlan, outer: &[&'p LogicalPlan]) -> Result<()> {
        if let LogicalPlan::TableScan(scan) = plan {
            self.scan(plan, scan)?;
        }
        let mut columns = Vec::new();
        let mut outers = Vec::new();
        let mut subqueries = Vec::new();
        plan.apply_expressions(|e| {
            if handed_through(e).is_some() {
                return Ok(TreeNodeRecursion::Continue);
            }
            e.apply(|e| {
                match e {
                    Expr::Column(column) => columns.push(column.clone()),
                    Expr::OuterReferenceColumn(_, column) => outers.push(column.clone()),
                    Expr::ScalarSubquery(s) => subqueries.push(Arc::clone(&s.subquery)),
                    Expr::Exists(s) => subqueries.push(Arc::clone(&s.subquery.subquery)),
                    Expr::InSubquery(s) => subqueries.push(Arc::clone(&s.subquery.subquery)),
                    Expr::SetComparison(s) => subqueries.push(Arc::clone(&s.subquery.subquery)),
                    other if forbidden(other) => {
                        return datafusion::common::internal_err!("a wildcard is left in a plan");
                    }
                    _ => {}
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
        .or_fail()?;
        columns.iter().try_for_each(|column| self.reference(plan, column))?;
        for column in &outers {
            self.outer_reference(outer, column)?;
        }
        self.implied(plan)?;
        for subquery in subqueries {
            self.subquery(plan, &subquery, outer)?;
        }
        for input in plan.inputs() {
            // A lateral subquery sees what stands beside it.
            let mut beside: Vec<&LogicalPlan> = Vec::new();
            if let LogicalPlan::Join(join) = plan {
                beside.extend([&*join.left, &*join.right]);
            }
            let around: Vec<&LogicalPlan> = outer.iter().copied().chain(beside).collect();
            self.plan(input, &around)?;
        }
        Ok(())
    }

    fn subquery<'p>(
        &mut self,
        at: &'p LogicalPlan,
        subquery: &LogicalPlan,
        outer: &[&'p LogicalPlan],
    ) -> Result<()> {
        let around: Vec<&LogicalPlan> = outer.iter().copied().chain(at.inputs()).collect();
        // Shortens the borrow of `around` to the subquery's own.
        let around: Vec<&LogicalPlan> = around.iter().map(|p| &**p).collect();
        Walk::plan(self, subquery, &around)?;
        (0..subquery.schema().fields().len()).try_for_each(|i| self.output(subquery, i))
    }

    fn scan(
        &mut self,
        plan: &LogicalPlan,
        scan: &datafusion::logical_expr::TableScan,
    ) -> Result<()> {
        match Source::of(scan).map(|source| &source.kind) {
            Some(Kind::Relation(relation)) => {
                self.entry(relation);
            }
            Some(Kind::View { relation, body }) => {
                self.entry(relation);
                let reader = match is_invoker(relation) {
                    true => Reader::Invoker,
                    false => Reader::Owner(relation.owner),
                };
                self.bodies.push((reader, Arc::clone(body)));
            }
            // What its policies read beside the relation is read as whoever reads the relation.
            Some(Kind::Secured { relation, body, .. }) => {
                self.entry(relation);
                self.bodies.push((Reader::Same, Arc::clone(body)));
            }
            // The rights on it were asked where it is secured.
            Some(Kind::Unsecured(_)) => {}
            Some(Kind::System(table)) if table.is_secret() => {
                self.secrets.push(format!("permission denied for table {}", table.name()));
            }
            Some(Kind::SystemView { name, .. }) if is_secret(name) => {
                self.secrets.push(format!("permission denied for view {name}"));
            }
            Some(Kind::Filtered { body, .. }) => {
                self.bodies.push((Reader::Same, Arc::clone(body)));
            }
            Some(
                Kind::System(_) | Kind::SystemView { .. } | Kind::Computed { .. } | Kind::Received,
            ) => {}
            None if reads_nothing(plan) => {}
            None => return Err(Error::internal("an unknown leaf in a plan")),
        }
        Ok(())
    }

    fn entry(&mut self, relation: &Arc<Relation>) -> &mut BTreeSet<i16> {
        let entry = self.scans.entry(relation.id.0);
        &mut entry.or_insert_with(|| (Arc::clone(relation), BTreeSet::new())).1
    }

    /// A column that one of `plan`'s expressions names: it comes from one of the inputs. A leaf's filters
    /// name the leaf's own columns.
    fn reference(&mut self, plan: &LogicalPlan, column: &Column) -> Result<()> {
        if plan.inputs().is_empty() {
            return match index(plan.schema(), column) {
                Some(i) => self.output(plan, i),
                None => Ok(()),
            };
        }
        for input in plan.inputs() {
            if let Some(i) = index(input.schema(), column) {
                return self.output(input, i);
            }
        }
        // A sort key may name an output that its own projection computed.
        match index(plan.schema(), column) {
            Some(i) => self.output(plan, i),
            None => Err(Error::internal(format!("column {column} comes from nowhere"))),
        }
    }

    fn outer_reference(&mut self, outer: &[&LogicalPlan], column: &Column) -> Result<()> {
        for plan in outer.iter().rev() {
            if let Some(i) = index(plan.schema(), column) {
                return self.output(plan, i);
            }
        }
        Err(Error::unsupported(format!("a subquery in this place that reads {column}")))
    }

    /// References that no expression spells out: whole rows are compared by DISTINCT and the set
    /// operations.
    fn implied(&mut self, plan: &LogicalPlan) -> Result<()> {
        // DISTINCT ON compares what its own expressions name.
        let whole = matches!(
            plan,
            LogicalPlan::Distinct(Distinct::All(_))
                | LogicalPlan::Union(_)
                | LogicalPlan::RecursiveQuery(_)
        );
        if !whole {
            return Ok(());
        }
        for input in plan.inputs() {
            (0..input.schema().fields().len()).try_for_each(|i| self.output(input, i))?;
        }
        Ok(())
    }

    /// Follows output `i` of `plan` down to the scan it comes from.
    fn output(&mut self, plan: &LogicalPlan, i: usize) -> Result<()> {
        match plan {
            LogicalPlan::TableScan(scan) => self.scanned(scan, i),
            LogicalPlan::Projection(projection) => {
                match projection.expr.get(i).and_then(handed_through) {
                    Some(column) => self.reference(plan, column),
                    None => Ok(()),
                }
            }
            // Their outputs are computed; the expressions are visited by the walk.
            LogicalPlan::Distinct(Distinct::On(_))
            | LogicalPlan::Aggregate(_)
            | LogicalPlan::Values(_)
            | LogicalPlan::EmptyRelation(_) => Ok(()),
            LogicalPlan::Window(window) => {
                let passed = window.input.schema().fields().len();
                if i < passed { self.output(&window.input, i) } else { Ok(()) }
            }
            LogicalPlan::Union(union) => {
                union.inputs.iter().try_for_each(|input| self.output(input, i))
            }
            // By name where the order may differ; a column none of the inputs has was computed here.
            LogicalPlan::Join(_) | LogicalPlan::Unnest(_) => {
                let column = Column::from(plan.schema().qualified_field(i));
                for input in plan.inputs() {
                    if let Some(i) = index(input.schema(), &column) {
                        return self.output(input, i);
                    }
                }
                if let LogicalPlan::Unnest(unnest) = plan {
                    // What an unnest makes stands for the list it came from.
                    let width = unnest.input.schema().fields().len();
                    (0..width).try_for_each(|i| self.output(&unnest.input, i))?;
                }
                Ok(())
            }
            LogicalPlan::RecursiveQuery(query) => {
                self.output(&query.static_term, i)?;
                self.output(&query.recursive_term, i)
            }
            LogicalPlan::Filter(_)
            | LogicalPlan::Sort(_)
            | LogicalPlan::Limit(_)
            | LogicalPlan::SubqueryAlias(_)
            | LogicalPlan::Subquery(_)
            | LogicalPlan::Distinct(Distinct::All(_))
            | LogicalPlan::Repartition(_) => match plan.inputs().first() {
                Some(input) if i < input.schema().fields().len() => self.output(input, i),
                _ => Ok(()),
            },
            // No query of ours holds these; a plan that did could not be judged.
            LogicalPlan::Statement(_)
            | LogicalPlan::Explain(_)
            | LogicalPlan::Analyze(_)
            | LogicalPlan::Extension(_)
            | LogicalPlan::Dml(_)
            | LogicalPlan::Ddl(_)
            | LogicalPlan::Copy(_)
            | LogicalPlan::DescribeTable(_) => {
                Err(Error::internal(format!("a plan holds {}", plan.display())))
            }
        }
    }

    fn scanned(&mut self, scan: &datafusion::logical_expr::TableScan, i: usize) -> Result<()> {
        let Some(source) = Source::of(scan) else { return Ok(()) };
        let relation = match &source.kind {
            Kind::Relation(relation)
            | Kind::Secured { relation, .. }
            | Kind::View { relation, .. } => relation,
            Kind::Unsecured(_)
            | Kind::Filtered { .. }
            | Kind::System(_)
            | Kind::SystemView { .. }
            | Kind::Computed { .. }
            | Kind::Received => return Ok(()),
        };
        let at = scan.projection.as_ref().map_or(Some(i), |p| p.get(i).copied());
        let more = || Error::internal("a scan has more than its columns");
        let at = at.ok_or_else(more)?;
        let number = match relation.columns.get(at) {
            Some(column) => column.number,
            // No grant on columns gives it: as in PostgreSQL, who reads it holds SELECT on the whole.
            None if source.arrow_schema.field(at).name() == POSITION => CTID,
            None => return Err(more()),
        };
        self.entry(relation).insert(number);
        Ok(())
    }
}

/// `pg_attribute.attnum` of `ctid`.
const CTID: i16 = -1;

/// A view that reads with its reader's rights.
fn is_invoker(relation: &Relation) -> bool {
    matches!(&relation.kind, RelationKind::View(view) if view.security_invoker)
}

/// Wildcards are expanded while binding; one that is left would hide what it stands for.
#[expect(deprecated, reason = "the variant must be met to be refused")]
fn forbidden(e: &Expr) -> bool {
    matches!(e, Expr::Wildcard { .. })
}

fn index(schema: &DFSchemaRef, column: &Column) -> Option<usize> {
    schema.maybe_index_of_column(column)
}
