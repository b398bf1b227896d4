package cwsim

import (
	"bytes"
	"strings"
	"testing"
)

func TestDemoIsDeterministic(t *testing.T) {
	t.Parallel()
	dump := func(seed uint64) []byte {
		sim := New(Config{Seed: seed, Companies: 300, ContactsPerCompany: 3})
		var out []byte
		for _, name := range []string{Companies, Contacts, TypeAssociations} {
			out = append(out, sim.dump(name).body...)
		}
		return out
	}
	if !bytes.Equal(dump(1), dump(1)) {
		t.Error("the same seed gives different data")
	}
	if bytes.Equal(dump(1), dump(2)) {
		t.Error("different seeds give the same data")
	}
}

func TestDemoIsOdd(t *testing.T) {
	t.Parallel()
	a := start(t, Config{Companies: 1000, ContactsPerCompany: 3})
	for path, texts := range map[string][]string{
		"/company/companies": {
			`deletedFlag=true`, `name contains "שלום"`, `name contains "🥞"`, `name contains "Best"`, `name contains "[[]"`, `market=null`,
			`name contains "\"`, `yearEstablished=0`, `lastUpdated=[2024-02-05T00:00:00Z]`, `status/id=2`,
		},
		"/company/contacts": {`company=null`, `lastName=null`, `inactiveFlag=true`, `nickName contains "ééé"`, `managerContact/id=999999999`},
	} {
		for _, text := range texts {
			if n := a.get(path+"/count", conditions(text)).object(t)["count"]; n == 0.0 || n == nil {
				t.Errorf("%s: no record with %s", path, text)
			}
		}
	}
	ids := a.sim.IDs(Companies)
	if ids[len(ids)-1] < 1200 {
		t.Error("the ids have no gaps")
	}
	deleted := a.ids("/company/companies", conditions("deletedFlag=true"))
	if n := a.get("/company/contacts/count", conditions("company/id="+itoa(deleted[0]))).status; n != 200 {
		t.Errorf("got %d", n)
	}
	for _, m := range a.sim.Snapshot(Companies) {
		if id, _ := m["identifier"].(string); id == "" || len([]rune(id)) > 25 {
			t.Errorf("identifier %q", id)
		}
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	_, public, private := New(Config{Seed: 7}).Credentials()
	_, again, same := New(Config{Seed: 7}).Credentials()
	_, _, other := New(Config{Seed: 8}).Credentials()
	if public != again || private != same || private == other || !strings.ContainsAny(private, "/+&<") {
		t.Errorf("%s %s %s", public, private, other)
	}
}
