//! A plan's tree in the forms of EXPLAIN: text, JSON, XML, YAML, under PostgreSQL's keys.

use super::plan_tree::{Node, Property};
use crate::parser::statement::{ExplainForm, ExplainFormat};

/// What is told beside the tree.
pub(super) struct Told {
    /// `Insert on t`: what the rows are for.
    pub head: Option<String>,
    pub planning_ms: f64,
    /// With ANALYZE: how long it ran and how many rows came.
    pub ran: Option<(f64, u64)>,
}

/// One line for each row of the answer; the structured forms are one row of many lines.
pub(super) fn lines(tree: &Node, told: &Told, form: ExplainForm) -> Vec<String> {
    if form.format == ExplainFormat::Text {
        return text(tree, told, form);
    }
    let entry = entry(tree, told, form);
    vec![match form.format {
        ExplainFormat::Json => {
            let mut out = String::new();
            json(&Value::List("", vec![entry]), 0, &mut out);
            out
        }
        ExplainFormat::Yaml => {
            let mut out = String::new();
            yaml_items(&[entry], 0, &mut out);
            out.trim_end().to_owned()
        }
        ExplainFormat::Xml | ExplainFormat::Text => {
            let mut out = "<explain xmlns=\"http://www.postgresql.org/2009/explain\">\n".to_owned();
            xml("Query", &entry, 1, &mut out);
            out + "</explain>"
        }
    }]
}

fn text(tree: &Node, told: &Told, form: ExplainForm) -> Vec<String> {
    let mut lines = Vec::new();
    match &told.head {
        Some(head) => {
            lines.push(format!("{head}{}", numbers(tree, form)));
            put_lines(tree, 2, "->  ", form, &mut lines);
        }
        None => put_lines(tree, 0, "", form, &mut lines),
    }
    if form.summary {
        lines.push(format!("Planning Time: {:.3} ms", told.planning_ms));
        lines.extend(told.ran.map(|(ms, _)| format!("Execution Time: {ms:.3} ms")));
    }
    lines
}

fn put_lines(node: &Node, indent: usize, arrow: &str, form: ExplainForm, lines: &mut Vec<String>) {
    let pad = " ".repeat(indent);
    lines.push(format!("{pad}{arrow}{}{}", node.name, numbers(node, form)));
    let inner = indent + arrow.len() + 2;
    let pad = " ".repeat(inner);
    if let Some((_, detail)) = node.operator.as_ref().filter(|(_, detail)| !detail.is_empty()) {
        lines.push(format!("{pad}{detail}"));
    }
    for (key, value) in &node.properties {
        match value {
            Property::Text(text) => lines.push(format!("{pad}{key}: {text}")),
            Property::List(all) => lines.push(format!("{pad}{key}: {}", all.join(", "))),
            Property::Count(n) => lines.push(format!("{pad}{key}: {n}")),
            Property::Unsaid(_) => {}
        }
    }
    node.children.iter().for_each(|child| put_lines(child, inner, "->  ", form, lines));
}

fn numbers(node: &Node, form: ExplainForm) -> String {
    let mut out = String::new();
    if form.costs {
        let Node { startup, total, rows, width, .. } = node;
        out += &format!("  (cost={startup:.2}..{total:.2} rows={rows} width={width})");
    }
    if let Some(actual) = node.actual {
        let space = if form.costs { " " } else { "  " };
        let time =
            if form.timing { format!("time=0.000..{:.3} ", actual.ms) } else { String::new() };
        out += &format!("{space}(actual {time}rows={} loops=1)", actual.rows);
    }
    out
}

enum Value {
    Text(String),
    /// As it is to be printed.
    Bare(String),
    Map(Vec<(&'static str, Value)>),
    /// The name of one item, for XML.
    List(&'static str, Vec<Value>),
}

fn entry(tree: &Node, told: &Told, form: ExplainForm) -> Value {
    let plan = plan(tree, false, form);
    let plan = match &told.head {
        None => plan,
        Some(head) => Value::Map(vec![
            ("Node Type", Value::Text("ModifyTable".into())),
            ("Operation", Value::Text("Insert".into())),
            ("Operator", Value::Text(head.clone())),
            ("Plans", Value::List("Plan", vec![plan])),
        ]),
    };
    let mut all = vec![("Plan", plan)];
    if form.settings {
        all.push(("Settings", Value::Map(Vec::new())));
    }
    if form.summary {
        all.push(("Planning Time", number(told.planning_ms, 3)));
    }
    if let Some((ms, _)) = told.ran {
        all.push(("Triggers", Value::List("Trigger", Vec::new())));
        if form.summary {
            all.push(("Execution Time", number(ms, 3)));
        }
    }
    Value::Map(all)
}

fn number(value: f64, digits: usize) -> Value {
    Value::Bare(format!("{value:.digits$}"))
}

fn plan(node: &Node, inner: bool, form: ExplainForm) -> Value {
    let count = |n: u64| Value::Bare(n.to_string());
    let mut all = vec![("Node Type", Value::Text(node.kind.clone()))];
    if inner {
        all.push(("Parent Relationship", Value::Text("Outer".into())));
    }
    all.push(("Parallel Aware", Value::Bare("false".into())));
    all.push(("Async Capable", Value::Bare("false".into())));
    if form.costs {
        all.push(("Startup Cost", number(node.startup, 2)));
        all.push(("Total Cost", number(node.total, 2)));
        all.push(("Plan Rows", count(node.rows)));
        all.push(("Plan Width", count(node.width)));
    }
    if let Some(actual) = node.actual {
        if form.timing {
            all.push(("Actual Startup Time", number(0.0, 3)));
            all.push(("Actual Total Time", number(actual.ms, 3)));
        }
        all.push(("Actual Rows", count(actual.rows)));
        all.push(("Actual Loops", count(1)));
    }
    if let Some((name, detail)) = &node.operator {
        all.push(("Operator", Value::Text(name.clone())));
        all.push(("Detail", Value::Text(detail.clone())));
    }
    for (key, value) in &node.properties {
        let value = match value {
            Property::Text(text) | Property::Unsaid(text) => Value::Text(text.clone()),
            Property::Count(n) => count(*n),
            Property::List(texts) => {
                Value::List("Item", texts.iter().cloned().map(Value::Text).collect())
            }
        };
        all.push((key, value));
    }
    if form.buffers {
        for name in BUFFERS {
            all.push((name, count(0)));
        }
    }
    if !node.children.is_empty() {
        let children = node.children.iter().map(|child| plan(child, true, form)).collect();
        all.push(("Plans", Value::List("Plan", children)));
    }
    Value::Map(all)
}

/// There are no shared buffers of which some could be hit.
const BUFFERS: &[&str] = &[
    "Shared Hit Blocks",
    "Shared Read Blocks",
    "Shared Dirtied Blocks",
    "Shared Written Blocks",
    "Local Hit Blocks",
    "Local Read Blocks",
    "Local Dirtied Blocks",
    "Local Written Blocks",
    "Temp Read Blocks",
    "Temp Written Blocks",
];

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn json(value: &Value, indent: usize, out: &mut String) {
    let pad = "  ".repeat(indent);
    match value {
        Value::Text(text) => *out += &quoted(text),
        Value::Bare(text) => *out += text,
        Value::Map(all) => {
            *out += "{\n";
            for (i, (key, value)) in all.iter().enumerate() {
                *out += &format!("{pad}  {}: ", quoted(key));
                json(value, indent + 1, out);
                *out += if i + 1 < all.len() { ",\n" } else { "\n" };
            }
            *out += &format!("{pad}}}");
        }
        Value::List(_, all) => {
            *out += "[\n";
            for (i, value) in all.iter().enumerate() {
                *out += &format!("{pad}  ");
                json(value, indent + 1, out);
                *out += if i + 1 < all.len() { ",\n" } else { "\n" };
            }
            *out += &format!("{pad}]");
        }
    }
}

fn yaml_items(all: &[Value], indent: usize, out: &mut String) {
    for value in all {
        let Value::Map(map) = value else {
            *out += &format!("{}-", " ".repeat(indent));
            yaml(value, indent + 2, out);
            continue;
        };
        for (i, (key, value)) in map.iter().enumerate() {
            let mark = if i == 0 { "- " } else { "  " };
            *out += &format!("{}{mark}{key}:", " ".repeat(indent));
            yaml(value, indent + 4, out);
        }
    }
}

fn yaml(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Text(text) => *out += &format!(" {}\n", quoted(text)),
        Value::Bare(text) => *out += &format!(" {text}\n"),
        Value::Map(all) => {
            out.push('\n');
            for (key, value) in all {
                *out += &format!("{}{key}:", " ".repeat(indent));
                yaml(value, indent + 2, out);
            }
        }
        Value::List(_, all) => {
            out.push('\n');
            yaml_items(all, indent, out);
        }
    }
}

fn xml(name: &str, value: &Value, indent: usize, out: &mut String) {
    let (pad, tag) = ("  ".repeat(indent), name.replace(' ', "-"));
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    match value {
        Value::Text(text) | Value::Bare(text) => {
            *out += &format!("{pad}<{tag}>{}</{tag}>\n", escaped(text));
        }
        Value::Map(all) => {
            *out += &format!("{pad}<{tag}>\n");
            all.iter().for_each(|(key, value)| xml(key, value, indent + 1, out));
            *out += &format!("{pad}</{tag}>\n");
        }
        Value::List(item, all) => {
            *out += &format!("{pad}<{tag}>\n");
            all.iter().for_each(|value| xml(item, value, indent + 1, out));
            *out += &format!("{pad}</{tag}>\n");
        }
    }
}
