package dynamo_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

func (s store) under(t *testing.T, scope psa.Scope, parent psa.RecordID, limit int) (ids []psa.RecordID) {
	t.Helper()
	for page := (syncer.Page{Limit: limit}); ; {
		rows, next, err := s.Records().ListUnder(t.Context(), scope, psa.Contacts, parent, page)
		must(t, err)
		for _, r := range rows {
			ids = append(ids, r.ID)
		}
		if page.After = next; next == "" {
			return ids
		}
	}
}

func TestListUnder(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	row := func(id, parent psa.RecordID, removed syncer.Reason) syncer.Row {
		r := s.row(id, 10)
		r.Type, r.Parent, r.Removed, r.ReadAt = psa.Contacts, parent, removed, s.pass(time.Second)
		return r
	}
	var want []psa.RecordID
	for id := psa.RecordID(1); id <= 4000; id += 37 {
		s.write(t, scope, row(id, 17, ""), row(id+1, 18, ""), row(id+2, 17, syncer.OutOfScope), row(id+3, 17, syncer.SoftDeleted))
		want = append(want, id)
	}
	for _, other := range others {
		s.write(t, other, row(5, 17, ""))
	}
	for _, limit := range []int{3, 1000} {
		if diff := cmp.Diff(want, s.under(t, scope, 17, limit)); diff != "" {
			t.Errorf("pages of %d (-want +got):\n%s", limit, diff)
		}
	}
	// One leaves, one comes, one goes.
	s.write(t, scope, row(1, 18, ""), row(2, 17, ""), row(38, 17, syncer.Deleted))
	if diff := cmp.Diff(append([]psa.RecordID{2}, want[2:]...), s.under(t, scope, 17, 100)); diff != "" {
		t.Errorf("after changes (-want +got):\n%s", diff)
	}
	if got := s.under(t, scope, 99, 10); len(got) != 0 {
		t.Errorf("of nobody: %v", got)
	}
	_, _, err := s.Records().ListUnder(t.Context(), scope, psa.Contacts, 17, syncer.Page{After: "nonsense"})
	wantErr(t, "cursor", err, psa.ErrInvalid)
}

func TestPersons(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	must(t, s.Persons().Remember(t.Context(), "msp-1", "auth0|a#1%", "Ann"))
	must(t, s.Persons().Remember(t.Context(), "msp-1", "bob", "Bob"))
	must(t, s.Persons().Remember(t.Context(), "msp-1", "bob", "Bob B."))
	must(t, s.Persons().Remember(t.Context(), "msp-11", "bob", "Another"))
	names, err := s.Persons().All(t.Context(), "msp-1")
	must(t, err)
	wantEqual(t, "names", names, map[string]string{"auth0|a#1%": "Ann", "bob": "Bob B."})
	s.pass(401 * 24 * time.Hour)
	if names, err = s.Persons().All(t.Context(), "msp-1"); err != nil || len(names) != 0 {
		t.Errorf("names of people who left long ago: %v %v", names, err)
	}
}
