package dynamo

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// No two things share a key, whatever their ids are made of.
func TestKeysAreApart(t *testing.T) {
	t.Parallel()
	part := rapid.StringMatching(`[a-c#%g1-3]{0,5}`)
	type thing struct {
		account, typ, id string
		generation       int64
	}
	draw := func(rt *rapid.T) thing {
		return thing{part.Draw(rt, "account"), part.Draw(rt, "type"), part.Draw(rt, "id"), rapid.Int64Range(1, 12).Draw(rt, "generation")}
	}
	keys := func(x thing) []key {
		s := psa.Scope{Account: psa.AccountID(x.account), Generation: psa.Generation(x.generation)}
		typ := psa.DataType(x.typ)
		return []key{
			runKey(s, x.id), shardKey(s, x.id, 1), skipKey(s, syncer.Skip{RunID: x.id, Type: typ, ID: 1}), runNameKey(s, typ, x.id),
		}
	}
	same := map[int]func(a, b thing) bool{ // what a kind of key is made of
		0: func(a, b thing) bool { return a.account == b.account && a.generation == b.generation && a.id == b.id },
		1: func(a, b thing) bool { return a.account == b.account && a.generation == b.generation && a.id == b.id },
		2: func(a, b thing) bool { return a == b },
		3: func(a, b thing) bool { return a == b },
	}
	rapid.Check(t, func(rt *rapid.T) {
		a, b := draw(rt), draw(rt)
		ka, kb := keys(a), keys(b)
		for i := range ka {
			if (ka[i] == kb[i]) != same[i](a, b) {
				rt.Fatalf("%+v and %+v: %v and %v", a, b, ka[i], kb[i])
			}
		}
	})
}

func TestScopeComesBackFromKeys(t *testing.T) {
	t.Parallel()
	for _, account := range []psa.AccountID{"msp-1", "a.b_c:d@e", "odd#1%23"} {
		want := psa.Scope{Account: account, Generation: 12}
		for _, pk := range []string{runKey(want, "x").PK, usageKey(want).PK, bucketPK(want, "t", 3)} {
			got, err := parseScopePK(pk)
			if err != nil || !cmp.Equal(got, want) {
				t.Errorf("%q: %v, %v", pk, got, err)
			}
		}
	}
	for _, pk := range []string{"", "a", "a#x", "i#abc#g1", "a#x#y"} {
		if _, err := parseScopePK(pk); err == nil {
			t.Errorf("%q is taken for a scope's", pk)
		}
	}
}

func TestPaddingSorts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		a, b := rapid.Int64Min(0).Draw(rt, "a"), rapid.Int64Min(0).Draw(rt, "b")
		if (a < b) != (paddedID(psa.RecordID(a)) < paddedID(psa.RecordID(b))) {
			rt.Fatalf("ids %d and %d", a, b)
		}
		ta, tb := time.Unix(0, a), time.Unix(0, b)
		if ta.Before(tb) != (paddedTime(ta) < paddedTime(tb)) {
			rt.Fatalf("times %d and %d", a, b)
		}
	})
}

func TestNames(t *testing.T) {
	t.Parallel()
	got := names("SET #a = :a, #bC = if_not_exists(#bC, :zero)", "", "#sk<:x AND attribute_exists(#pk)")
	want := map[string]string{"#a": "a", "#bC": "bC", "#sk": "sk", "#pk": "pk"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if names("") != nil {
		t.Error("names of nothing are not nil")
	}
}
