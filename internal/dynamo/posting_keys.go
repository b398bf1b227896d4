package dynamo

import (
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

// duePostings is the kind of due index that posting runs are in.
const duePostings = "postings"

func postingSettingsKey(s psa.Scope) key { return key{scopePK(s) + "#usage", "settings"} }

const postingRunSK = "run#"

func postingRunKey(s psa.Scope, id string) key {
	return key{scopePK(s) + "#usage", postingRunSK + escape(id)}
}

// postingHeadKey names the newest run of a mode.
func postingHeadKey(s psa.Scope, mode usage.Mode) key {
	return key{scopePK(s) + "#usage", "newest#" + string(mode)}
}

// What was posted is one partition of each kind and scope: its writes are as
// few as the calls that the scope's request budget allows.
func routesPK(s psa.Scope) string { return scopePK(s) + "#routes" }

func seriesPK(s psa.Scope) string { return scopePK(s) + "#series" }

func seriesKey(s psa.Scope, k usage.SeriesKey) key {
	return key{seriesPK(s), paddedID(k.Agreement) + "#" + paddedID(k.Product)}
}

func postedPK(s psa.Scope) string { return scopePK(s) + "#posted" }

// postedOfPK is the partition of a series in the changed-since index.
func postedOfPK(s psa.Scope, k usage.SeriesKey) string { return postedPK(s) + "#" + k.String() }

func plansPK(s psa.Scope) string { return scopePK(s) + "#plans" }

func planSK(run string) string { return escape(run) + "#" }

// stopKey is the operators' global stop: one item for all.
func stopKey() key { return key{"operators", "posting-stop"} }
