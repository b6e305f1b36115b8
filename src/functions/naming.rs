//! The names that DataFusion knows the results of calls by. It makes them anew whenever it asks for a type, at each level
//! of an expression: those of long expressions are short.

use std::hash::{DefaultHasher, Hash, Hasher};

use datafusion::common::Result;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::Expr;

/// Calls of more parts than these are not written out.
const PARTS_MAX: usize = 48;

/// As DataFusion makes it, `name(a,b)`, or with a digest for arguments that are long. Equal calls have equal names, and
/// others have others.
pub(super) fn of_call(name: &str, args: &[Expr]) -> Result<String> {
    let mut parts = 0;
    for arg in args {
        arg.apply(|_| {
            parts += 1;
            Ok(match parts > PARTS_MAX {
                true => TreeNodeRecursion::Stop,
                false => TreeNodeRecursion::Continue,
            })
        })?;
        if parts > PARTS_MAX {
            return Ok(format!("{name}(…{:016x})", digest(args)));
        }
    }
    let names: Vec<String> = args.iter().map(|arg| arg.schema_name().to_string()).collect();
    Ok(format!("{name}({})", names.join(",")))
}

/// Should two of one query ever meet, it is refused for columns of one name.
fn digest(args: &[Expr]) -> u64 {
    let mut hasher = DefaultHasher::new();
    args.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use datafusion::logical_expr::{col, lit};

    use super::*;

    #[test]
    fn short_calls_are_written_out_and_long_ones_are_told_apart() {
        assert_eq!(of_call("f", &[col("a"), lit(1)]).unwrap(), "f(a,Int32(1))");
        let chain = |last: i32| (0..100).fold(lit(last), |sum, i| sum + lit(i));
        let (one, other) = (of_call("f", &[chain(1)]).unwrap(), of_call("f", &[chain(2)]).unwrap());
        assert!(one.len() < 50 && one != other, "{one} {other}");
        assert_eq!(one, of_call("f", &[chain(1)]).unwrap());
    }
}
