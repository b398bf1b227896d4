import { expect, test } from "vitest";
import { eventWords } from "../dashboard/events";
import { shown } from "../dashboard/fields";
import { concernsOf, healthOf } from "../integrations/health";
import { countsWith, dataTypes, enabled, runWith } from "../test/samples";
import { formatAgo, formatCount, formatDuration, formatList } from "../ui/format";
import { percent, wordsOf } from "./words";

const counts = (read: number) => countsWith({ read });

test.each([
  ["half", runWith({ expected: 10, counts: counts(5) }), 50],
  ["never 100 before the end by rounding", runWith({ expected: 1000, counts: counts(999) }), 99],
  ["more than expected", runWith({ expected: 10, counts: counts(12) }), 100],
  ["nothing expected", runWith({ expected: 0 }), null],
  ["waiting", runWith({ state: "queued" }), null],
  ["done with nothing to do", runWith({ state: "succeeded", active: false }), 100],
  ["failed half way", runWith({ state: "failed", active: false, expected: 4, counts: counts(1) }), 25],
])("%s", (_, run, expected) => {
  expect(percent(run)).toBe(expected);
});

const connection = { state: "enabled" as const, enabled };
const failure = { code: "connectwise_down", message: "ConnectWise does not answer.", remedy: "Wait." };

test("a failed sync and callbacks that are not registered need attention, with what to do", () => {
  const warning = { code: "x", message: "Not registered.", remedy: "Give the role more." };
  const bad = { ...connection, enabled: { ...enabled, callbacks: { state: "failed" as const, warning } } };
  const concerns = concernsOf(bad, dataTypes, [runWith({ state: "failed", active: false, failure })]);
  expect(concerns.map(({ message, remedy }) => [message, remedy])).toEqual([
    ["Not registered.", "Give the role more."],
    ["Companies: ConnectWise does not answer.", "Wait."],
  ]);
  expect(healthOf(bad, dataTypes, concerns)).toBe("attention");
});

test("one word for it all", () => {
  expect(healthOf({ state: "none" }, dataTypes, [])).toBe("none");
  expect(healthOf(connection, dataTypes, [])).toBe("connected");
  expect(healthOf(connection, [{ ...(dataTypes[0] as (typeof dataTypes)[0]), activeRun: "r" }], [])).toBe(
    "syncing",
  );
});

test("paused is said before anything else, and of runs that wait for it", () => {
  const paused = { ...connection, enabled: { ...enabled, pause: { sync: true } } };
  const busy = [{ ...(dataTypes[0] as (typeof dataTypes)[0]), activeRun: "r" }];
  expect(healthOf(paused, busy, [{ key: "k", message: "m" }])).toBe("paused");
  expect(wordsOf("running", true).label).toBe("Paused");
  expect(wordsOf("running").label).toBe("Syncing");
  expect(wordsOf("failed", true).label).toBe("Failed");
});

test("numbers and times as people say them", () => {
  const now = Date.parse("2026-03-01T12:00:00Z");
  expect(formatCount(1, "record")).toBe("1 record");
  expect(formatCount(2000, "record")).toBe("2,000 records");
  expect(formatAgo("2026-03-01T11:59:40Z", now)).toBe("just now");
  expect(formatAgo("2026-03-01T11:55:00Z", now)).toBe("5 minutes ago");
  expect(formatAgo("2026-02-28T12:00:00Z", now)).toBe("yesterday");
  expect(formatDuration("2026-03-01T12:00:00Z", "2026-03-01T12:03:05Z")).toBe("3 min 5 s");
  expect(formatList(["a", "b", "c"])).toBe("a, b, and c");
});

test("a record's fields as text", () => {
  const data = {
    id: 1,
    name: "A",
    empty: null,
    status: { id: 2, name: "Active" },
    types: [{ name: "X" }, { name: "Y" }],
    flag: false,
    _info: {},
  };
  expect(shown(data)).toEqual([
    ["id", "1"],
    ["name", "A"],
    ["status", "Active"],
    ["types", "X, Y"],
    ["flag", "no"],
  ]);
  expect(shown(undefined)).toEqual([]);
});

test("an event that is not known here is still readable", () => {
  expect(eventWords("run_failed")).toBe("Sync failed");
  expect(eventWords("filters_changed")).toBe("filters changed");
});
