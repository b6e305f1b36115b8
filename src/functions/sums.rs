//! Sums, averages and spreads of numerics that may be NaN or infinite: the finite ones are added up exactly, the
//! others counted, so that a frame that moves on can give each back (`numeric_accum` and `numeric_accum_inv`).

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Decimal256Type, Field, FieldRef, Int64Type, i256};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility,
};
use num_bigint::BigInt;

use super::calls::numerics::{Exact, Number, SIGNIFICANT, big, filled, spread};
use super::special::{self, Special};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum What {
    Sum,
    Average,
    Spread { sample: bool, root: bool },
}

const VARIANCE: What = What::Spread { sample: true, root: false };
const DEVIATION: What = What::Spread { sample: true, root: true };

/// By the names of the aggregates that they stand for.
const NAMES: &[(&str, &str, What)] = &[
    ("sum", "__numeric_sum", What::Sum),
    ("avg", "__numeric_avg", What::Average),
    ("variance", "__numeric_variance", VARIANCE),
    ("var", "__numeric_variance", VARIANCE),
    ("var_samp", "__numeric_variance", VARIANCE),
    ("var_pop", "__numeric_var_pop", What::Spread { sample: false, root: false }),
    ("stddev", "__numeric_stddev", DEVIATION),
    ("stddev_samp", "__numeric_stddev", DEVIATION),
    ("stddev_pop", "__numeric_stddev_pop", What::Spread { sample: false, root: true }),
];

static SUMS: LazyLock<Vec<(&'static str, Arc<AggregateUDF>)>> = LazyLock::new(|| {
    let made = |(of, name, what): &(&'static str, &'static str, What)| {
        let signature = Signature::any(1, Volatility::Immutable);
        (*of, Arc::new(AggregateUDF::from(Sums { name, what: *what, signature })))
    };
    NAMES.iter().map(made).collect()
});

/// What an aggregate of this name is of numerics that may be special.
pub fn sums(name: &str) -> Option<Arc<AggregateUDF>> {
    SUMS.iter().find(|(of, _)| *of == name).map(|(_, function)| Arc::clone(function))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Sums {
    name: &'static str,
    what: What,
    signature: Signature,
}

fn scale_of(of: &DataType) -> i8 {
    match of {
        DataType::Decimal128(_, scale) | DataType::Decimal256(_, scale) => *scale,
        _ => 0,
    }
}

impl AggregateUDFImpl for Sums {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        let own = types.first().map_or(0, scale_of);
        Ok(special::carrier(match self.what {
            What::Sum => own,
            What::Average => own.max(SIGNIFICANT as i8),
            What::Spread { .. } => SIGNIFICANT as i8,
        }))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let field = |name: &str, of: DataType| Arc::new(Field::new(name, of, true));
        if args.is_distinct {
            let of =
                args.input_fields.first().map_or(special::carrier(0), |f| f.data_type().clone());
            return Ok(vec![field("values", DataType::new_list(of, true))]);
        }
        let counts = ["count", "negatives", "positives", "nans"];
        let sums = ["sum", "squares"].map(|name| field(name, DataType::Binary));
        Ok(sums.into_iter().chain(counts.map(|name| field(name, DataType::Int64))).collect())
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let of = args.expr_fields.first().map_or(special::carrier(0), |f| f.data_type().clone());
        let result = args.return_field.data_type().clone();
        let sum = Sum { what: self.what, of, result, totals: Totals::default() };
        Ok(match args.is_distinct {
            true => Box::new(Distinct { sum, values: BTreeSet::new() }),
            false => Box::new(sum),
        })
    }

    fn create_sliding_accumulator(
        &self,
        args: AccumulatorArgs<'_>,
    ) -> Result<Box<dyn Accumulator>> {
        self.accumulator(args)
    }
}

/// The digits of what is finite, and how many there are of each.
#[derive(Debug, Default)]
struct Totals {
    sum: BigInt,
    squares: BigInt,
    count: i64,
    /// In the order of [`Special::ALL`].
    specials: [i64; 3],
}

#[derive(Debug)]
struct Sum {
    what: What,
    of: DataType,
    result: DataType,
    totals: Totals,
}

impl Sum {
    /// Once, or taken back.
    fn add(&mut self, value: i256, times: i64) {
        let totals = &mut self.totals;
        if let Some(special) = Special::of(value) {
            totals.specials[special as usize] += times;
            return;
        }
        let digits = big(value);
        if matches!(self.what, What::Spread { .. }) {
            totals.squares += &digits * &digits * times;
        }
        totals.sum += digits * times;
        totals.count += times;
    }

    fn result(&self) -> Option<Number> {
        let Totals { sum, squares, count, specials } = &self.totals;
        let scale = i32::from(scale_of(&self.of));
        let all = count + specials.iter().sum::<i64>();
        let few = matches!(self.what, What::Spread { sample: true, .. }) && all < 2;
        if all == 0 || few {
            return None;
        }
        let spreads = matches!(self.what, What::Spread { .. });
        let [negative, positive, nan] = specials.map(|n| n > 0);
        let special = match (negative, positive) {
            (true, true) => Some(Special::NaN),
            (true, false) => Some(Special::NegativeInfinity),
            (false, true) => Some(Special::Infinity),
            (false, false) => None,
        };
        match special {
            _ if nan => return Some(Number::Special(Special::NaN)),
            Some(_) if spreads => return Some(Number::Special(Special::NaN)),
            Some(special) => return Some(Number::Special(special)),
            None => {}
        }
        let sum = Exact { digits: sum.clone(), scale };
        let digits = i32::from(scale_of(&self.result));
        Some(Number::Finite(match self.what {
            What::Sum => sum,
            What::Average => sum.divided(&Exact::from(*count), digits, true),
            What::Spread { sample, root } => {
                let squares = Exact { digits: squares.clone(), scale: scale * 2 };
                spread(&sum, &squares, *count, sample, root, digits)?
            }
        }))
    }
}

fn each(values: &ArrayRef, mut take: impl FnMut(i256)) {
    values.as_primitive::<Decimal256Type>().iter().flatten().for_each(&mut take);
}

impl Accumulator for Sum {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        each(&values[0], |value| self.add(value, 1));
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        each(&values[0], |value| self.add(value, -1));
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let digits = |i: usize, row: usize| {
            BigInt::from_signed_bytes_le(states[i].as_binary::<i32>().value(row))
        };
        let count = |i: usize, row: usize| states[i].as_primitive::<Int64Type>().value(row);
        for row in (0..states[0].len()).filter(|row| states[0].is_valid(*row)) {
            self.totals.sum += digits(0, row);
            self.totals.squares += digits(1, row);
            self.totals.count += count(2, row);
            (0..3).for_each(|i| self.totals.specials[i] += count(3 + i, row));
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let Totals { sum, squares, count, specials } = &self.totals;
        let digits = [sum, squares].map(|n| ScalarValue::Binary(Some(n.to_signed_bytes_le())));
        let counts = [*count].into_iter().chain(*specials);
        let counts = counts.map(|n| ScalarValue::Int64(Some(n)));
        Ok(digits.into_iter().chain(counts).collect())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        ScalarValue::try_from_array(&filled([self.result()], &self.result)?, 0)
    }

    fn size(&self) -> usize {
        let bits = self.totals.sum.bits() + self.totals.squares.bits();
        size_of_val(self) + usize::try_from(bits / 8).unwrap_or(0)
    }
}

/// Each value once.
#[derive(Debug)]
struct Distinct {
    sum: Sum,
    values: BTreeSet<i256>,
}

impl Accumulator for Distinct {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        each(&values[0], |value| {
            self.values.insert(value);
        });
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        states[0].as_list::<i32>().iter().flatten().try_for_each(|list| self.update_batch(&[list]))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let scale = scale_of(&self.sum.of);
        let value = |v: &i256| ScalarValue::Decimal256(Some(*v), 76, scale);
        let values: Vec<_> = self.values.iter().map(value).collect();
        Ok(vec![ScalarValue::List(ScalarValue::new_list_nullable(&values, &self.sum.of))])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.sum.totals = Totals::default();
        self.values.iter().for_each(|value| self.sum.add(*value, 1));
        self.sum.evaluate()
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.values.len() * 2 * size_of::<i256>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::Decimal256Array;

    fn of(what: What) -> Sum {
        let (of, result) = (special::carrier(1), special::carrier(2));
        Sum { what, of, result, totals: Totals::default() }
    }

    fn column(values: &[i256]) -> ArrayRef {
        let values: Decimal256Array = values.iter().map(|v| Some(*v)).collect();
        Arc::new(values.with_data_type(special::carrier(1)))
    }

    #[test]
    fn what_leaves_a_frame_is_given_back() {
        let mut sum = of(What::Sum);
        let (two, infinity) = (i256::from_i128(20), Special::Infinity.code());
        sum.update_batch(&[column(&[two, infinity])]).unwrap();
        assert_eq!(sum.result(), Some(Number::Special(Special::Infinity)));
        sum.update_batch(&[column(&[Special::NegativeInfinity.code()])]).unwrap();
        assert_eq!(sum.result(), Some(Number::Special(Special::NaN)));
        let gone = [infinity, Special::NegativeInfinity.code()];
        sum.retract_batch(&[column(&gone)]).unwrap();
        assert_eq!(sum.evaluate().unwrap().to_string(), "2.00");
        sum.retract_batch(&[column(&[two])]).unwrap();
        assert_eq!(sum.result(), None);
    }

    #[test]
    fn states_come_together() {
        let mut parts = [i256::from_i128(10), i256::from_i128(40)].map(|value| {
            let mut part = of(What::Average);
            part.add(value, 1);
            part
        });
        let states = parts[1].state().unwrap();
        let states: Vec<ArrayRef> = states.iter().map(|s| s.to_array().unwrap()).collect();
        parts[0].merge_batch(&states).unwrap();
        assert_eq!(parts[0].evaluate().unwrap().to_string(), "2.50");
    }
}
