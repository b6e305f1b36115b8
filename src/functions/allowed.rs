//! Which of DataFusion's functions a statement may use: those that mean what PostgreSQL means by the name, and harmless
//! ones that PostgreSQL lacks. The rest does not exist here, rather than answer differently in silence.

/// Scalar, aggregate, window and table functions, and the operators' own.
const ALLOWED: &[&str] = &[
    // Text.
    "ascii", "bit_length", "btrim", "char_length", "character_length", "chr", "concat", "concat_ws",
    "ends_with", "initcap", "left", "length", "levenshtein", "lower", "lpad", "ltrim", "md5",
    "octet_length", "overlay", "position", "regexp_count", "regexp_like", "regexp_replace", "repeat",
    "replace", "reverse", "right", "rpad", "rtrim", "sha224", "sha256", "sha384", "sha512",
    "split_part", "starts_with", "strpos", "substr", "substring", "to_hex", "translate", "trim",
    "upper", "encode", "decode",
    // Numbers.
    "abs", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil", "ceiling", "cos",
    "cosh", "cot", "degrees", "exp", "factorial", "floor", "gcd", "lcm", "ln", "log", "log10", "pi",
    "pow", "power", "radians", "random", "sin", "sinh", "sqrt", "tan", "tanh", "trunc",
    // Values.
    "coalesce", "greatest", "least", "nullif",
    // Times.
    "current_date", "current_timestamp", "date_bin", "date_part", "date_trunc", "extract",
    "make_date", "now", "to_timestamp_micros",
    // Arrays.
    "array_append", "array_cat", "array_concat", "array_element", "array_has", "array_has_all",
    "array_has_any", "array_position", "array_positions", "array_prepend", "array_remove",
    "array_replace", "array_slice", "array_to_string", "cardinality", "make_array", "string_to_array",
    "unnest", "array_length", "array_ndims", "array_dims",
    // Structs, as plans use them.
    "get_field", "named_struct", "row", "struct",
    // Aggregates.
    "array_agg", "avg", "bit_and", "bit_or", "bit_xor", "bool_and", "bool_or", "corr", "count",
    "covar_pop", "covar_samp", "first_value", "grouping", "last_value", "max", "min",
    "regr_avgx", "regr_avgy", "regr_count", "regr_intercept", "regr_r2", "regr_slope", "regr_sxx",
    "regr_sxy", "regr_syy", "stddev", "stddev_pop", "stddev_samp", "string_agg", "sum", "var",
    "var_pop", "var_samp", "variance", "approx_distinct", "approx_percentile_cont", "median",
    "percentile_cont",
    // Windows.
    "cume_dist", "dense_rank", "lag", "lead", "nth_value", "ntile", "percent_rank", "rank",
    "row_number",
    // Tables.
    "generate_series",
];

pub fn allowed_builtin(name: &str) -> bool {
    ALLOWED.contains(&name)
}
