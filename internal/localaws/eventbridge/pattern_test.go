package eventbridge_test

import (
	"testing"

	"github.com/psabridge/psabridge/internal/localaws/eventbridge"
)

const event = `{"source":"psabridge","detail-type":"run.completed","detail":{
	"account":"a1","n":3,"done":true,"none":null,"tags":["x","y"],"nested":{"deep":"é"}}}`

func TestPatternMatches(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]bool{
		`{"source":["psabridge"]}`:                                 true,
		`{"source":["other"]}`:                                     false,
		`{"source":["other","psabridge"]}`:                         true,
		`{"source":["psabridge"],"detail":{"account":["a2"]}}`:     false,
		`{"detail":{"n":[3],"done":[true],"none":[null]}}`:         true,
		`{"detail":{"n":["3"]}}`:                                   false,
		`{"detail":{"nested":{"deep":["é"]}}}`:                     true,
		`{"detail":{"nested":{"deeper":{"x":["é"]}}}}`:             false,
		`{"detail":{"tags":["y"]}}`:                                true,
		`{"detail":{"tags":["z"]}}`:                                false,
		`{"detail-type":[{"prefix":"run."}]}`:                      true,
		`{"detail-type":[{"prefix":"posting."}]}`:                  false,
		`{"detail":{"n":[{"prefix":"3"}]}}`:                        false,
		`{"detail":{"n":[{"exists":true}]}}`:                       true,
		`{"detail":{"n":[{"exists":false}]}}`:                      false,
		`{"detail":{"m":[{"exists":false}]}}`:                      true,
		`{"detail":{"m":[{"exists":false}, 4]}}`:                   true,
		`{"detail":{"nested":[{"exists":true}]}}`:                  false,
		`{"detail":{"none":[{"exists":true}]}}`:                    true,
		`{"detail":{"account":[{"anything-but":"a1"}]}}`:           false,
		`{"detail":{"account":[{"anything-but":["a2","a3"]}]}}`:    true,
		`{"detail":{"account":[{"anything-but":["a1","a3"]}]}}`:    false,
		`{"detail":{"account":[{"anything-but":{"prefix":"b"}}]}}`: true,
		`{"detail":{"account":[{"anything-but":{"prefix":"a"}}]}}`: false,
		`{"detail":{"missing":[{"anything-but":"a1"}]}}`:           false,
	} {
		p, err := eventbridge.ParsePattern([]byte(pattern))
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
			continue
		}
		if got := p.Matches([]byte(event)); got != want {
			t.Errorf("%s matches: %v, want %v", pattern, got, want)
		}
	}
}

// What is not understood must not look like a rule that never fires.
func TestPatternErrors(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{
		``, `{}`, `[]`, `null`, `{"source":"psabridge"}`, `{"source":[]}`, `{"detail":{}}`,
		`{"source":[{"suffix":"x"}]}`, `{"source":[{"numeric":[">",1]}]}`, `{"source":[{"prefix":1}]}`,
		`{"source":[{"anything-but":{"suffix":"x"}}]}`, `{"source":[{"prefix":"a","exists":true}]}`,
	} {
		if _, err := eventbridge.ParsePattern([]byte(pattern)); err == nil {
			t.Errorf("pattern %s was taken", pattern)
		}
	}
}

func FuzzPattern(f *testing.F) {
	f.Add(`{"detail":{"n":[{"anything-but":[3]}]}}`, event)
	f.Fuzz(func(_ *testing.T, pattern, event string) {
		if p, err := eventbridge.ParsePattern([]byte(pattern)); err == nil {
			p.Matches([]byte(event))
		}
	})
}
