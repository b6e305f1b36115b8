// The same as steps.py, for node: a row of steps, one line each; the first that fails ends the test.
"use strict";

const assert = require("node:assert/strict");
const tool = process.env.CLIENT_TOOL;
const rows = [];

exports.step = (name, waitsFor, body) => rows.push(body ? { name, waitsFor, body } : { name, body: waitsFor });
exports.equal = (found, wanted) => assert.deepStrictEqual(found, wanted);

exports.refused = async (state, body) => {
  try {
    await body();
  } catch (e) {
    assert.equal(e.code, state, `${e.code}: ${e.message}, wanted ${state}`);
    return e;
  }
  throw new Error(`not refused; wanted ${state}`);
};

exports.run = async (finish) => {
  const counts = { ok: 0, FAILED: 0, later: 0 };
  const tell = (outcome, name) => {
    counts[outcome] += 1;
    console.log(`  ${outcome.padEnd(6)} ${tool}: ${name}`);
  };
  for (const { name, waitsFor, body } of rows) {
    try {
      await body();
      tell("ok", waitsFor ? `${name} [${waitsFor} has come]` : name);
    } catch (e) {
      if (waitsFor && process.env.CLIENT_ENGINE === "lakewire") {
        tell("later", `${name} (waits for ${waitsFor}: ${e.message.split("\n")[0]})`);
        continue;
      }
      tell("FAILED", name);
      console.log(process.env.CLIENT_GO_ON ? `         ${e.message}` : e.stack);
      if (!process.env.CLIENT_GO_ON) break;
    }
  }
  const later = counts.later ? `, ${counts.later} later` : "";
  console.log(`${counts.ok} passed, ${counts.FAILED} failed${later}`);
  await Promise.race([finish(), new Promise((done) => setTimeout(done, 5000))]);
  process.exit(counts.FAILED ? 1 : 0);
};
