//! sqlparser's PostgreSQL dialect, put right where it reads an expression otherwise than PostgreSQL does.

use std::any::TypeId;
use std::cell::Cell;

use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr};
use datafusion::sql::sqlparser::dialect::{Dialect, PostgreSqlDialect, Precedence};
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::Token;

#[derive(Debug)]
pub(super) struct Grammar;

/// How often the grammar may begin an expression anew, for each token it reads. It tries one way and then another,
/// within tries of the same kind, and would not come to an end with some short texts else.
const TRIES_A_TOKEN: usize = 32;
const TRIES_MIN: usize = 10_000;

thread_local! {
    /// What is left to the text that this thread reads.
    static TRIES: Cell<usize> = const { Cell::new(TRIES_MIN) };
}

/// A text of so many tokens is read next.
pub(super) fn begin(tokens: usize) {
    TRIES.set(tokens.saturating_mul(TRIES_A_TOKEN).max(TRIES_MIN));
}

/// What the grammar asks of a dialect, answered as PostgreSQL's does.
macro_rules! as_in_postgres {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $result:ty;)*) => {
        $(fn $name(&self, $($argument: $kind),*) -> $result {
            PostgreSqlDialect {}.$name($($argument),*)
        })*
    };
}

impl Dialect for Grammar {
    /// The grammar's own questions whether this is PostgreSQL.
    fn dialect(&self) -> TypeId {
        TypeId::of::<PostgreSqlDialect>()
    }

    as_in_postgres! {
        identifier_quote_style(identifier: &str) -> Option<char>;
        is_delimited_identifier_start(ch: char) -> bool;
        is_identifier_start(ch: char) -> bool;
        is_identifier_part(ch: char) -> bool;
        supports_unicode_string_literal() -> bool;
        is_reserved_for_identifier(word: Keyword) -> bool;
        is_custom_operator_part(ch: char) -> bool;
        get_next_precedence(parser: &Parser<'_>) -> Option<Result<u8, ParserError>>;
        supports_filter_during_aggregation() -> bool;
        supports_group_by_expr() -> bool;
        prec_value(precedence: Precedence) -> u8;
        allow_extract_custom() -> bool;
        allow_extract_single_quotes() -> bool;
        supports_create_index_with_clause() -> bool;
        supports_explain_with_utility_options() -> bool;
        supports_listen_notify() -> bool;
        supports_factorial_operator() -> bool;
        supports_bitwise_shift_operators() -> bool;
        supports_comment_on() -> bool;
        supports_load_extension() -> bool;
        supports_named_fn_args_with_colon_operator() -> bool;
        supports_empty_projections() -> bool;
        supports_nested_comments() -> bool;
        supports_string_escape_constant() -> bool;
        supports_numeric_literal_underscores() -> bool;
        supports_array_typedef_with_brackets() -> bool;
        supports_geometric_types() -> bool;
        supports_set_names() -> bool;
        supports_alter_column_type_using() -> bool;
        supports_notnull_operator() -> bool;
        supports_interval_options() -> bool;
        supports_insert_table_alias() -> bool;
        supports_create_table_like_parenthesized() -> bool;
        supports_select_wildcard_with_alias() -> bool;
        supports_comma_separated_trim() -> bool;
        supports_xml_expressions() -> bool;
        supports_comment_optimizer_hint() -> bool;
    }

    /// No argument's name is more than a word, which can be told without reading it twice.
    fn supports_named_fn_args_with_expr_name(&self) -> bool {
        false
    }

    fn parse_prefix(&self, _: &mut Parser<'_>) -> Option<Result<Expr, ParserError>> {
        let left = TRIES.get();
        TRIES.set(left.saturating_sub(1));
        // The one error that no try takes for a reason to try something else.
        (left == 0).then_some(Err(ParserError::RecursionLimitExceeded))
    }

    fn parse_infix(
        &self,
        parser: &mut Parser<'_>,
        left: &Expr,
        precedence: u8,
    ) -> Option<Result<Expr, ParserError>> {
        use Keyword::{DISTINCT, FROM, ILIKE, IS, LIKE, NOT};
        let ours = match &parser.peek_token_ref().token {
            Token::Word(word) => matches!(word.keyword, IS | NOT | LIKE | ILIKE),
            token => *token == Token::DoubleEq,
        };
        if !ours {
            return None;
        }
        // The grammar takes all that follows for the right side, `OR` and `AND` with it.
        if parser.parse_keywords(&[IS, DISTINCT, FROM]) {
            let right = parser.parse_subexpr(precedence);
            let left = Box::new(left.clone());
            return Some(right.map(|right| Expr::IsDistinctFrom(left, Box::new(right))));
        }
        if parser.parse_keywords(&[IS, NOT, DISTINCT, FROM]) {
            let right = parser.parse_subexpr(precedence);
            let left = Box::new(left.clone());
            return Some(right.map(|right| Expr::IsNotDistinctFrom(left, Box::new(right))));
        }
        if parser.consume_token(&Token::DoubleEq) {
            let right = parser.parse_subexpr(precedence);
            let (left, op) = (Box::new(left.clone()), BinaryOperator::Custom("==".to_owned()));
            return Some(right.map(|right| Expr::BinaryOp { left, op, right: Box::new(right) }));
        }
        like_of_many(parser, left)
    }
}

/// `LIKE ANY (…)`, `NOT ILIKE ALL (…)`: over an array or a subquery.
fn like_of_many(parser: &mut Parser<'_>, left: &Expr) -> Option<Result<Expr, ParserError>> {
    use BinaryOperator::{PGILikeMatch, PGLikeMatch, PGNotILikeMatch, PGNotLikeMatch};
    use Keyword::{ALL, ANY, ILIKE, LIKE, NOT, SOME};
    const SIGNS: [(&[Keyword], BinaryOperator); 4] = [
        (&[LIKE], PGLikeMatch),
        (&[ILIKE], PGILikeMatch),
        (&[NOT, LIKE], PGNotLikeMatch),
        (&[NOT, ILIKE], PGNotILikeMatch),
    ];
    for (words, compare_op) in SIGNS {
        for quantifier in [ANY, SOME, ALL] {
            let words: Vec<Keyword> = words.iter().copied().chain([quantifier]).collect();
            if !parser.parse_keywords(&words) {
                continue;
            }
            let right = among(parser);
            let left = Box::new(left.clone());
            return Some(right.map(|right| match quantifier {
                ALL => Expr::AllOp { left, compare_op, right: Box::new(right) },
                other => {
                    Expr::AnyOp { left, compare_op, right: Box::new(right), is_some: other == SOME }
                }
            }));
        }
    }
    None
}

fn among(parser: &mut Parser<'_>) -> Result<Expr, ParserError> {
    parser.expect_token(&Token::LParen)?;
    let query = match &parser.peek_token_ref().token {
        Token::Word(word) => {
            matches!(word.keyword, Keyword::SELECT | Keyword::WITH | Keyword::VALUES)
        }
        _ => false,
    };
    let right = match query {
        true => Expr::Subquery(parser.parse_query()?),
        false => parser.parse_expr()?,
    };
    parser.expect_token(&Token::RParen)?;
    Ok(right)
}
