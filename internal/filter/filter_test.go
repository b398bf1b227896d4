package filter_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/filter"
	"github.com/psabridge/psabridge/internal/problem"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	company := filter.Facts{Types: []int64{1, 4}, Status: 1, Territory: 2, Typed: true}
	for name, tc := range map[string]struct {
		f    filter.Filter
		want bool
	}{
		"none means everything":        {filter.Filter{}, true},
		"one of its types":             {filter.Filter{Types: []int64{4}}, true},
		"within a category it is OR":   {filter.Filter{Types: []int64{9, 4}, Statuses: []int64{5, 1}}, true},
		"not its type":                 {filter.Filter{Types: []int64{2, 3}}, false},
		"between categories it is AND": {filter.Filter{Types: []int64{1}, Statuses: []int64{2}}, false},
		"territory":                    {filter.Filter{Territories: []int64{2}}, true},
		"no market is no market":       {filter.Filter{Markets: []int64{1, 2, 3}}, false},
		"not even market nought":       {filter.Filter{Markets: []int64{7}}, false},
	} {
		if tc.f.Match(company) != tc.want {
			t.Errorf("%s: want %v", name, tc.want)
		}
	}
	if (filter.Filter{Types: []int64{1}}).Match(filter.Facts{}) {
		t.Error("a company without types has type 1")
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	got, err := filter.Filter{Types: []int64{3, 1, 3}, Statuses: []int64{}}.Clean()
	if diff := cmp.Diff(filter.Filter{Types: []int64{1, 3}}, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	many := make([]int64, 501)
	for i := range many {
		many[i] = int64(i + 1)
	}
	for _, bad := range []filter.Filter{{Types: []int64{0}}, {Statuses: []int64{-1}}, {Markets: many}, {Territories: []int64{5, -5}}} {
		if _, err := bad.Clean(); problem.CodeOf(err) != problem.BadRequest {
			t.Errorf("%v", err)
		}
	}
	if _, err := (filter.Filter{Markets: slices.Repeat([]int64{7}, 1000)}).Clean(); err != nil {
		t.Errorf("the same choice a thousand times is one: %v", err)
	}
}

func TestFactsOf(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]filter.Facts{
		`{"id":1}`: {},
		`{"types":[{"id":1,"name":"Customer"},{"id":4}],"status":{"id":2},"territory":{"id":3},"market":{"id":5},"deletedFlag":true}`: {
			Types: []int64{1, 4}, Status: 2, Territory: 3, Market: 5, Typed: true, Deleted: true,
		},
		`{"types":[],"status":null,"market":null,"deletedFlag":null}`: {Typed: true},
		`{"types":null}`: {},
		`{"types":"none","status":7,"territory":"North","market":[1]}`:                                            {Typed: true},
		`{"types":[null,{},{"id":null},{"id":"x"},{"id":-3},{"id":2.5},{"id":1},{"id":1},7],"status":{"id":1e3}}`: {Types: []int64{1}, Typed: true},
		`{"status":{"id":9007199254740993,"other":{"deep":[1]}},"unknown":1}`:                                     {Status: 9007199254740993},
	} {
		got, err := filter.FactsOf(json.RawMessage(data))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", data, err, diff)
		}
	}
	for _, bad := range []string{``, `[`, `7`, `"x"`, `[]`} {
		if _, err := filter.FactsOf(json.RawMessage(bad)); err == nil {
			t.Errorf("%q has facts", bad)
		}
	}
}

func FuzzFactsOf(f *testing.F) {
	f.Add([]byte(`{"types":[{"id":1}],"status":{"id":2}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		facts, err := filter.FactsOf(data)
		if err != nil {
			return
		}
		if !facts.Typed && len(facts.Types) > 0 || slices.ContainsFunc(facts.Types, func(id int64) bool { return id <= 0 }) ||
			facts.Status < 0 || facts.Territory < 0 || facts.Market < 0 {
			t.Errorf("%s: %+v", data, facts)
		}
	})
}
