package events_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/psabridge/psabridge/internal/events"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

func entryWith(text string) func(types.PutEventsRequestEntry) bool {
	return func(e types.PutEventsRequestEntry) bool { return strings.Contains(*e.Detail, text) }
}

// schema is a JSON Schema, as far as the repository's use the language: a
// keyword that is not known here is an error, and not passed over.
type schema map[string]any

func schemaOf(t *testing.T, name string) schema {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "infra", "events", name+".v1.json"))
	if err != nil {
		t.Fatal(err)
	}
	var s schema
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return s
}

// check lists what is wrong with v.
func (s schema) check(at string, v any) (wrong []string) {
	bad := func(format string, args ...any) { wrong = append(wrong, at+" "+fmt.Sprintf(format, args...)) }
	object, _ := v.(map[string]any)
	list, _ := v.([]any)
	for keyword, want := range s {
		switch keyword {
		case "$schema", "title", "description":
		case "type":
			if got := kind(v); got != want && (want != "integer" || got != "number") {
				bad("is %s, not %v", got, want)
			}
			if n, ok := v.(float64); want == "integer" && ok && n != math.Trunc(n) {
				bad("is no integer")
			}
		case "const":
			if v != want {
				bad("is %v, not %v", v, want)
			}
		case "enum":
			if list, _ := want.([]any); !slices.Contains(list, v) {
				bad("is %v, not among %v", v, want)
			}
		case "minimum":
			if n, ok := v.(float64); ok && n < want.(float64) {
				bad("is %v, less than %v", v, want)
			}
		case "minLength":
			if text, ok := v.(string); ok && float64(len(text)) < want.(float64) {
				bad("is too short")
			}
		case "minItems", "maxItems":
			if n := float64(len(list)); keyword == "minItems" && n < want.(float64) || keyword == "maxItems" && n > want.(float64) {
				bad("has %v items", n)
			}
		case "items":
			for i, item := range list {
				wrong = append(wrong, schema(want.(map[string]any)).check(fmt.Sprintf("%s[%d]", at, i), item)...)
			}
		case "format":
			text, _ := v.(string)
			if _, err := time.Parse(time.RFC3339, text); err != nil || want != "date-time" {
				bad("is no %v: %q", want, text)
			}
		case "required":
			for _, name := range want.([]any) {
				if _, ok := object[name.(string)]; !ok {
					bad("lacks %v", name)
				}
			}
		case "properties":
			for name, sub := range want.(map[string]any) {
				if member, ok := object[name]; ok {
					wrong = append(wrong, schema(sub.(map[string]any)).check(at+"."+name, member)...)
				}
			}
		case "additionalProperties":
			known, _ := s["properties"].(map[string]any)
			for name := range object {
				if _, ok := known[name]; ok {
					continue
				}
				if sub, ok := want.(map[string]any); ok {
					wrong = append(wrong, schema(sub).check(at+"."+name, object[name])...)
				} else {
					bad("has %s, which is not described", name)
				}
			}
		default:
			bad("is described by %s, which this test does not know", keyword)
		}
	}
	return wrong
}

func kind(v any) string {
	switch v.(type) {
	case map[string]any:
		return "object"
	case []any:
		return "array"
	case string:
		return "string"
	case float64:
		return "number"
	case bool:
		return "boolean"
	default:
		return "null"
	}
}

func wantValid(t *testing.T, e events.Event) {
	t.Helper()
	var v any
	if err := json.Unmarshal(e.Detail, &v); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range schemaOf(t, e.Type).check(e.Type, v) {
		t.Errorf("%s: %s", wrong, e.Detail)
	}
}

// Every event that the code can send, in all its states, is as its schema says.
func TestEventsAreAsDescribed(t *testing.T) {
	t.Parallel()
	l := &later{}
	p := &events.Publisher{Defer: l.put}
	var all []syncer.RecordChange
	for _, c := range []syncer.Change{syncer.Created, syncer.Updated} {
		all = append(all, syncer.RecordChange{Type: psa.Companies, ID: 1, Change: c, ChangedAt: time.Unix(1, 5)})
	}
	for _, r := range []syncer.Reason{syncer.Deleted, syncer.SoftDeleted, syncer.Merged, syncer.OutOfScope, syncer.Skipped} {
		all = append(all, syncer.RecordChange{Type: "timeEntries", ID: 1 << 50, Change: syncer.Removed, Reason: r, ChangedAt: time.Now()})
	}
	if err := p.RecordsChanged(t.Context(), scope, all); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []syncer.Mode{syncer.Initial, syncer.Incremental, syncer.Full, syncer.Reconcile, syncer.Removal} {
		for _, state := range []syncer.State{syncer.Succeeded, syncer.Partial, syncer.Failed, syncer.Cancelled} {
			run := finished()
			if run.Mode, run.State = mode, state; state != syncer.Failed {
				run.Failure = nil
			}
			run.Proposal = &syncer.Proposal{State: syncer.ProposalOpen}
			if err := p.SyncFinished(t.Context(), run); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(l.events) != 27 {
		t.Fatalf("%d events", len(l.events))
	}
	for _, e := range l.events {
		wantValid(t, e)
	}
}

// The checker itself finds what is wrong.
func TestTheCheckerFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := schemaOf(t, events.RecordChanged)
	good := `{"v":1,"account":"a","generation":1,"type":"companies","id":1,"change":"removed","reason":"deleted","changedAt":"2026-01-02T03:04:05Z"}`
	for replace, with := range map[string]string{
		`"v":1`: `"v":2`, `"account":"a",`: ``, `"generation":1`: `"generation":0`, `"id":1`: `"id":1.5`, `"change":"removed"`: `"change":"gone"`,
		`"reason":"deleted"`: `"cause":"deleted"`, `2026-01-02T03:04:05Z`: `yesterday`, `"type":"companies"`: `"type":""`, `"account":"a"`: `"account":1`,
	} {
		var v any
		if err := json.Unmarshal([]byte(strings.Replace(good, replace, with, 1)), &v); err != nil {
			t.Fatal(err)
		}
		if len(s.check("event", v)) == 0 {
			t.Errorf("%s passes", with)
		}
	}
	var v any
	_ = json.Unmarshal([]byte(good), &v)
	if wrong := s.check("event", v); len(wrong) != 0 {
		t.Error(wrong)
	}
}
