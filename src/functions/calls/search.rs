//! Matching as PostgreSQL matches: of all matches at the first place the longest, or the shortest where the pattern
//! prefers that, and its parts from the left on in the same way. The regex crate takes the first that it comes upon.
//!
//! Patterns for which both must agree go to the regex crate. So does the question whether and where there is a match at
//! all. The rest is answered here: of each part of a pattern the ends it can reach from a place are worked out once,
//! and the match is then taken apart along them.

use std::collections::HashMap;
use std::rc::Rc;

use datafusion::common::Result;
use regex::Regex;

use super::pattern::{Piece, wrong};

/// Ends that one search may work out.
const ENDS_MAX: usize = 20_000_000;
/// Rounds of one repetition that are taken apart.
const ROUNDS_MAX: usize = 2_000;

type Place = u32;
type Ends = Rc<Vec<Place>>;

/// What a pattern's tree is made of; the numbers are places in the tree.
#[derive(Debug)]
enum Node {
    Nothing,
    Char(char),
    Class(Class),
    Look(Look),
    Then(usize, usize),
    Either(Vec<usize>),
    Times { of: usize, least: u32, most: Option<u32> },
    Group(usize, usize),
    Back(usize),
    Around { of: usize, ahead: bool, wanted: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    LineStart,
    LineEnd,
    TextStart,
    TextEnd,
    WordStart,
    WordEnd,
    WordEdge,
    WithinWord,
}

/// Characters: those of ASCII as bits, others by asking.
#[derive(Debug)]
struct Class {
    ascii: u128,
    others: Regex,
}

impl Class {
    fn new(set: &str, text: &str) -> Result<Class> {
        let flags = if set.is_empty() { String::new() } else { format!("(?{set})") };
        let others = Regex::new(&format!(r"{flags}\A(?:{text})\z"))
            .map_err(|_| wrong("regular expression failed"))?;
        let ascii = (0..128u8)
            .filter(|byte| others.is_match(char::from(*byte).encode_utf8(&mut [0; 4])))
            .fold(0, |bits, byte| bits | 1 << byte);
        Ok(Class { ascii, others })
    }

    fn has(&self, c: char) -> bool {
        match u8::try_from(c) {
            Ok(byte) if byte < 128 => self.ascii >> byte & 1 == 1,
            _ => self.others.is_match(c.encode_utf8(&mut [0; 4])),
        }
    }
}

/// A pattern as a tree.
#[derive(Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    /// Of each node: whether it would rather match more (or less), if it says.
    prefers: Vec<Option<bool>>,
    /// Whether there is something within to be told of, or to be compared with.
    told: Vec<bool>,
    root: usize,
    pub groups: usize,
    insensitive: bool,
    lines: bool,
    /// Whether the regex crate finds the same.
    pub agrees: bool,
}

/// Reads the pieces of a pattern.
struct Builder<'p> {
    pieces: &'p [Piece],
    at: usize,
    tree: Tree,
    set: &'p str,
    around: usize,
    bodies: Vec<Option<usize>>,
}

impl Tree {
    pub fn new(pieces: &[Piece], set: &str) -> Result<Tree> {
        let tree = Tree {
            nodes: Vec::new(),
            prefers: Vec::new(),
            told: Vec::new(),
            root: 0,
            groups: 0,
            insensitive: set.contains('i'),
            lines: set.contains('m'),
            agrees: true,
        };
        let mut builder = Builder { pieces, at: 0, tree, set, around: 0, bodies: Vec::new() };
        builder.tree.root = builder.either()?;
        Ok(builder.tree)
    }

    fn is_single(&self, node: usize) -> bool {
        match &self.nodes[node] {
            Node::Char(_) | Node::Class(_) => true,
            Node::Group(_, of) => self.is_single(*of),
            _ => false,
        }
    }
}

impl Builder<'_> {
    fn add(&mut self, node: Node, prefers: Option<bool>, told: bool) -> usize {
        self.tree.nodes.push(node);
        self.tree.prefers.push(prefers);
        self.tree.told.push(told);
        self.tree.nodes.len() - 1
    }

    fn either(&mut self) -> Result<usize> {
        let mut branches = vec![self.branch()?];
        while let Some(Piece::Or) = self.pieces.get(self.at) {
            self.at += 1;
            branches.push(self.branch()?);
        }
        if let [only] = branches.as_slice() {
            return Ok(*only);
        }
        self.tree.agrees = false;
        let told = branches.iter().any(|b| self.tree.told[*b]);
        Ok(self.add(Node::Either(branches), Some(true), told))
    }

    fn branch(&mut self) -> Result<usize> {
        let mut parts = Vec::new();
        while let Some(piece) = self.pieces.get(self.at) {
            if matches!(piece, Piece::Or | Piece::Close) {
                break;
            }
            let part = self.part()?;
            parts.push(part);
        }
        let Some(mut all) = parts.pop() else { return Ok(self.add(Node::Nothing, None, false)) };
        for part in parts.into_iter().rev() {
            let prefers = self.tree.prefers[part].or(self.tree.prefers[all]);
            let told = self.tree.told[part] || self.tree.told[all];
            all = self.add(Node::Then(part, all), prefers, told);
        }
        Ok(all)
    }

    fn part(&mut self) -> Result<usize> {
        let atom = self.atom()?;
        let Some(Piece::Times { least, most, greedy, fixed }) = self.pieces.get(self.at) else {
            return Ok(atom);
        };
        self.at += 1;
        let (least, most, greedy, fixed) = (*least, *most, *greedy, *fixed);
        if !greedy && !fixed || !self.tree.is_single(atom) {
            self.tree.agrees = false;
        }
        let prefers = if fixed { self.tree.prefers[atom] } else { Some(greedy) };
        let told = self.tree.told[atom];
        Ok(self.add(Node::Times { of: atom, least, most }, prefers, told))
    }

    fn atom(&mut self) -> Result<usize> {
        let piece = &self.pieces[self.at];
        self.at += 1;
        Ok(match piece {
            Piece::Char(c) if !self.tree.insensitive => self.add(Node::Char(*c), None, false),
            Piece::Char(c) => {
                let class = Class::new(self.set, &regex::escape(&c.to_string()))?;
                self.add(Node::Class(class), None, false)
            }
            Piece::Class(text) => {
                let class = Class::new(self.set, text)?;
                self.add(Node::Class(class), None, false)
            }
            Piece::Look(look, _) => self.add(Node::Look(*look), None, false),
            Piece::Back(group) => {
                self.tree.agrees = false;
                let Some(Some(_)) = self.bodies.get(*group) else {
                    return Err(wrong("invalid backreference number"));
                };
                self.add(Node::Back(*group), None, true)
            }
            Piece::Open { captures } => {
                let number = (*captures && self.around == 0).then(|| {
                    self.tree.groups += 1;
                    self.tree.groups
                });
                let of = self.either()?;
                self.at += 1;
                match number {
                    None => of,
                    Some(number) => {
                        let prefers = self.tree.prefers[of];
                        self.bodies.resize(self.bodies.len().max(number + 1), None);
                        self.bodies[number] = Some(of);
                        self.add(Node::Group(number, of), prefers, true)
                    }
                }
            }
            Piece::Around { ahead, wanted } => {
                self.tree.agrees = false;
                self.around += 1;
                let of = self.either()?;
                self.at += 1;
                self.around -= 1;
                self.add(Node::Around { of, ahead: *ahead, wanted: *wanted }, None, false)
            }
            Piece::Or | Piece::Close | Piece::Times { .. } => {
                return Err(wrong("quantifier operand invalid"));
            }
        })
    }
}

/// One text searched; what has been worked out on it is kept.
pub(super) struct Search<'t> {
    tree: &'t Tree,
    chars: Vec<char>,
    /// Where each character begins, and the text's end.
    offsets: Vec<usize>,
    known: HashMap<(usize, Place), Ends>,
    worked: usize,
}

pub(super) type Spans = Vec<Option<(usize, usize)>>;

impl<'t> Search<'t> {
    pub fn new(tree: &'t Tree, text: &str) -> Search<'t> {
        let (mut offsets, chars): (Vec<usize>, Vec<char>) = text.char_indices().unzip();
        offsets.push(text.len());
        Search { tree, chars, offsets, known: HashMap::new(), worked: 0 }
    }

    /// The match that begins at a byte, with its groups.
    pub fn at(&mut self, byte: usize) -> Result<Option<Spans>> {
        let Ok(place) = self.offsets.binary_search(&byte) else { return Ok(None) };
        self.matched(place as Place)
    }

    /// The first match from a byte on.
    pub fn from(&mut self, byte: usize) -> Result<Option<Spans>> {
        let first = self.offsets.partition_point(|offset| *offset < byte);
        for place in first..self.offsets.len() {
            if let Some(spans) = self.matched(place as Place)? {
                return Ok(Some(spans));
            }
        }
        Ok(None)
    }

    fn matched(&mut self, start: Place) -> Result<Option<Spans>> {
        let root = self.tree.root;
        let ends = self.ends(root, start)?;
        for end in self.in_order(root, &ends) {
            let mut groups = vec![None; self.tree.groups + 1];
            if !self.tree.told[root] || self.taken_apart(root, start, end, &mut groups)? {
                groups[0] = Some((start, end));
                let byte = |place: Place| self.offsets[place as usize];
                let spans = groups.into_iter();
                return Ok(Some(spans.map(|g| g.map(|(s, e)| (byte(s), byte(e)))).collect()));
            }
        }
        Ok(None)
    }

    fn in_order(&self, node: usize, ends: &[Place]) -> Vec<Place> {
        match self.tree.prefers[node] {
            Some(false) => ends.to_vec(),
            _ => ends.iter().rev().copied().collect(),
        }
    }

    /// Where a part may end that begins here, in order.
    fn ends(&mut self, node: usize, start: Place) -> Result<Ends> {
        if let Some(known) = self.known.get(&(node, start)) {
            return Ok(Rc::clone(known));
        }
        let tree = self.tree;
        let made: Vec<Place> = match &tree.nodes[node] {
            Node::Nothing => vec![start],
            Node::Char(c) => self.one(start, |found| found == *c),
            Node::Class(class) => self.one(start, |found| class.has(found)),
            Node::Look(look) => self.looks(*look, start).then_some(start).into_iter().collect(),
            Node::Then(first, rest) => {
                let middles = self.ends(*first, start)?;
                self.of_all(*rest, &middles)?
            }
            Node::Either(branches) => {
                let mut all = Vec::new();
                for branch in branches {
                    all.extend(self.ends(*branch, start)?.iter());
                }
                sorted(all)
            }
            Node::Times { of, least, most } => self.repeated(*of, *least, *most, start)?,
            Node::Group(_, of) => self.ends(*of, start)?.to_vec(),
            // Any of them may be the one; the text is compared where the match is taken apart.
            Node::Back(_) => (start..=self.chars.len() as Place).collect(),
            Node::Around { of, ahead: true, wanted } => {
                let found = !self.ends(*of, start)?.is_empty();
                (found == *wanted).then_some(start).into_iter().collect()
            }
            Node::Around { of, ahead: false, wanted } => {
                let mut found = false;
                for before in (0..=start).rev() {
                    found = found || self.ends(*of, before)?.binary_search(&start).is_ok();
                }
                (found == *wanted).then_some(start).into_iter().collect()
            }
        };
        self.worked += made.len() + 1;
        if self.worked > ENDS_MAX {
            return Err(wrong("regular expression is too complex"));
        }
        let made = Rc::new(made);
        self.known.insert((node, start), Rc::clone(&made));
        Ok(made)
    }

    fn one(&self, at: Place, test: impl Fn(char) -> bool) -> Vec<Place> {
        let found = self.chars.get(at as usize).is_some_and(|c| test(*c));
        found.then_some(at + 1).into_iter().collect()
    }

    fn of_all(&mut self, node: usize, starts: &[Place]) -> Result<Vec<Place>> {
        let mut all = Vec::new();
        for start in starts {
            all.extend(self.ends(node, *start)?.iter());
        }
        Ok(sorted(all))
    }

    fn repeated(
        &mut self,
        of: usize,
        least: u32,
        most: Option<u32>,
        start: Place,
    ) -> Result<Vec<Place>> {
        let (mut reached, mut new) = (Vec::new(), vec![start]);
        if least == 0 {
            reached.push(start);
        }
        for round in 1..=most.unwrap_or(u32::MAX) {
            new = self.of_all(of, &new)?;
            if round >= least {
                // What has been reached in fewer rounds needs no other way.
                new.retain(|end| reached.binary_search(end).is_err());
                reached.extend(&new);
                reached = sorted(reached);
            }
            if new.is_empty() {
                break;
            }
        }
        Ok(reached)
    }

    fn looks(&self, look: Look, at: Place) -> bool {
        let at = at as usize;
        let before = at.checked_sub(1).map(|i| self.chars[i]);
        let after = self.chars.get(at).copied();
        let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        match look {
            Look::TextStart => before.is_none(),
            Look::TextEnd => after.is_none(),
            Look::LineStart => before.is_none_or(|c| self.tree.lines && c == '\n'),
            Look::LineEnd => after.is_none_or(|c| self.tree.lines && c == '\n'),
            Look::WordStart => !word(before) && word(after),
            Look::WordEnd => word(before) && !word(after),
            Look::WordEdge => word(before) != word(after),
            Look::WithinWord => word(before) == word(after),
        }
    }

    /// Finds the groups of a part that begins and ends there; false if a comparison within it fails.
    fn taken_apart(
        &mut self,
        node: usize,
        start: Place,
        end: Place,
        groups: &mut Vec<Option<(Place, Place)>>,
    ) -> Result<bool> {
        if !self.tree.told[node] {
            return Ok(true);
        }
        self.worked += 1;
        if self.worked > ENDS_MAX {
            return Err(wrong("regular expression is too complex"));
        }
        let tree = self.tree;
        match &tree.nodes[node] {
            Node::Group(number, of) => {
                if !self.taken_apart(*of, start, end, groups)? {
                    return Ok(false);
                }
                groups[*number] = Some((start, end));
                Ok(true)
            }
            Node::Then(first, rest) => {
                let middles = self.ends(*first, start)?;
                for middle in self.in_order(*first, &middles) {
                    if self.ends(*rest, middle)?.binary_search(&end).is_err() {
                        continue;
                    }
                    let kept = groups.clone();
                    if self.taken_apart(*first, start, middle, groups)?
                        && self.taken_apart(*rest, middle, end, groups)?
                    {
                        return Ok(true);
                    }
                    *groups = kept;
                }
                Ok(false)
            }
            Node::Either(branches) => {
                for branch in branches {
                    if self.ends(*branch, start)?.binary_search(&end).is_err() {
                        continue;
                    }
                    let kept = groups.clone();
                    if self.taken_apart(*branch, start, end, groups)? {
                        return Ok(true);
                    }
                    *groups = kept;
                }
                Ok(false)
            }
            Node::Times { of, least, most } => {
                if *least == 0 && start == end {
                    return Ok(true);
                }
                let rounds = Rounds { of: *of, least: *least, most: *most, end };
                self.rounds(&rounds, 0, start, groups)
            }
            Node::Back(group) => Ok(match groups[*group] {
                Some((from, to)) => self.same((from, to), (start, end)),
                None => false,
            }),
            _ => Ok(true),
        }
    }

    /// The rest of a repetition from its nth round on.
    fn rounds(
        &mut self,
        all: &Rounds,
        done: u32,
        start: Place,
        groups: &mut Vec<Option<(Place, Place)>>,
    ) -> Result<bool> {
        if start == all.end && done >= all.least.max(1) {
            return Ok(true);
        }
        if all.most.is_some_and(|most| done >= most) {
            return Ok(false);
        }
        if done as usize > ROUNDS_MAX {
            return Err(wrong("regular expression is too complex"));
        }
        let ends = self.ends(all.of, start)?;
        for next in self.in_order(all.of, &ends) {
            // A round of nothing counts only where rounds are lacking.
            let lacking = all.least.saturating_sub(done) > all.end - start;
            if next > all.end || next == start && !lacking {
                continue;
            }
            let kept = groups.clone();
            if self.taken_apart(all.of, start, next, groups)?
                && self.rounds(all, done + 1, next, groups)?
            {
                return Ok(true);
            }
            *groups = kept;
        }
        Ok(false)
    }

    fn same(&self, one: (Place, Place), other: (Place, Place)) -> bool {
        let part = |(s, e): (Place, Place)| &self.chars[s as usize..e as usize];
        let (one, other) = (part(one), part(other));
        let fold = |c: &char| c.to_lowercase().collect::<String>();
        one == other
            || self.tree.insensitive
                && one.len() == other.len()
                && one.iter().zip(other).all(|(a, b)| fold(a) == fold(b))
    }
}

/// A repetition that is taken apart, and where it ends.
struct Rounds {
    of: usize,
    least: u32,
    most: Option<u32>,
    end: Place,
}

fn sorted(mut all: Vec<Place>) -> Vec<Place> {
    all.sort_unstable();
    all.dedup();
    all
}
