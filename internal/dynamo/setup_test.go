package dynamo_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
)

func endpoint() setup.Endpoint {
	return setup.Endpoint{
		ServerURL: "https://na.example.net", Identity: psa.Identity{Site: "na.example.net", CompanyID: "Acme"},
		APIBase: "https://api-na.example.net/v1/apis/3.0/", Codebase: "v1/", Version: "v2026.1", ServerTimeZone: "EST",
	}
}

func (s store) draft(account psa.AccountID) setup.Draft {
	return setup.Draft{
		Account: account, Endpoint: endpoint(), SecretARN: "arn:secret", Types: []psa.DataType{psa.Companies, psa.Contacts},
		SavedBy: "ann", SavedAt: s.now(), ExpiresAt: s.now().Add(30 * 24 * time.Hour),
	}
}

func (s store) connection(account psa.AccountID) (setup.Connection, psa.CallbackEndpoint) {
	c := setup.Connection{
		ID: "01C-" + string(account), Account: account, Endpoint: endpoint(), Generation: 1, SecretARN: "arn:secret",
		Types: []psa.DataType{psa.Companies}, FilterBy: "cat", FilterAt: s.now(), EnabledBy: "ann", EnabledAt: s.now(), KeysBy: "bob", KeysAt: s.now(),
		Callbacks: setup.Callbacks{
			State: setup.CallbacksFailed, At: s.now(), Warning: &setup.Warning{Code: problem.Busy, Message: "m", Remedy: "r"},
		},
	}
	return c, psa.CallbackEndpoint{ConnectionID: c.ID, Scope: c.Scope(), CompanyID: "Acme", TokenHashes: []string{"aa", "bb"}}
}

func (s store) activate(t *testing.T, account psa.AccountID, takeover bool) (setup.Connection, error) {
	t.Helper()
	d, err := s.Setup().PutDraft(t.Context(), s.draft(account), setup.SecretNote{})
	must(t, err)
	c, e := s.connection(account)
	return s.Setup().Activate(t.Context(), c, d, e, takeover)
}

func TestDraft(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	_, err := s.Setup().Draft(t.Context(), "msp-1")
	wantErr(t, "no draft", err, psa.ErrNotFound)
	note := setup.SecretNote{Account: "msp-1", Name: "psabridge/dev/01", SweepAt: s.now()}
	must(t, s.Setup().NoteSecret(t.Context(), note))
	s.faults.LoseAnswer("TransactWriteItems", 1)
	d, err := s.Setup().PutDraft(t.Context(), s.draft("msp-1"), note)
	must(t, err)
	got, err := s.Setup().Draft(t.Context(), "msp-1")
	must(t, err)
	wantEqual(t, "draft", got, d)
	due, err := s.Setup().DueSecrets(t.Context(), s.now(), 10)
	if err != nil || len(due) != 0 {
		t.Errorf("the dropped note is there: %v, %v", due, err)
	}
	_, err = s.Setup().PutDraft(t.Context(), s.draft("msp-1"), setup.SecretNote{})
	wantErr(t, "put as if there were none", err, psa.ErrConflict)
	wins := atOnce(t, 5, psa.ErrConflict, func(int) error {
		_, err := s.Setup().PutDraft(t.Context(), d, setup.SecretNote{})
		return err
	})
	if wins != 1 {
		t.Errorf("%d of 5 replaced the same draft", wins)
	}
	wantErr(t, "delete an older one", s.Setup().DeleteDraft(t.Context(), d, note), psa.ErrConflict)
	d.Rev++
	must(t, s.Setup().DeleteDraft(t.Context(), d, note))
	due, err = s.Setup().DueSecrets(t.Context(), s.now(), 10)
	must(t, err)
	wantEqual(t, "notes", due, []setup.SecretNote{note})
	_, err = s.Setup().Draft(t.Context(), "msp-1")
	wantErr(t, "deleted draft", err, psa.ErrNotFound)
}

func TestActivate(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.faults.LoseAnswer("TransactWriteItems", 2)
	s.faults.ConflictTransactions(1)
	c, err := s.activate(t, "msp-1", false)
	must(t, err)
	got, err := s.Setup().Connection(t.Context(), "msp-1")
	must(t, err)
	wantEqual(t, "connection", got, c)
	_, err = s.Setup().Draft(t.Context(), "msp-1")
	wantErr(t, "draft", err, psa.ErrNotFound)
	claim, err := s.Setup().Claim(t.Context(), psa.Identity{Site: "NA.example.net", CompanyID: "acme"})
	must(t, err)
	wantEqual(t, "claim", claim, setup.Claim{
		Identity: endpoint().Identity, Account: "msp-1", ClaimedBy: "ann", ClaimedAt: s.now(),
	})
	_, want := s.connection("msp-1")
	e, err := s.Setup().CallbackEndpoint(t.Context(), c.ID)
	must(t, err)
	wantEqual(t, "callback endpoint", e, want)
	want.TokenHashes = []string{"cc"}
	must(t, s.Setup().PutCallbackEndpoint(t.Context(), want))
	e, err = s.Setup().CallbackEndpoint(t.Context(), c.ID)
	must(t, err)
	wantEqual(t, "replaced callback endpoint", e, want)
	for _, id := range []string{"", "01", c.ID + "#x"} {
		_, err = s.Setup().CallbackEndpoint(t.Context(), id)
		wantErr(t, "callback endpoint "+id, err, psa.ErrNotFound)
	}
}

func TestActivateOnce(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	d, err := s.Setup().PutDraft(t.Context(), s.draft("msp-1"), setup.SecretNote{})
	must(t, err)
	c, e := s.connection("msp-1")
	wins := atOnce(t, 6, psa.ErrConflict, func(int) error {
		_, err := s.Setup().Activate(t.Context(), c, d, e, false)
		return err
	})
	if wins != 1 {
		t.Errorf("activated %d times", wins)
	}
}

func TestClaimedIdentity(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	_, err := s.activate(t, "msp-1", false)
	must(t, err)
	_, err = s.activate(t, "msp-2", false)
	wantErr(t, "a second account", err, psa.ErrBusy)
	_, err = s.Setup().Connection(t.Context(), "msp-2")
	wantErr(t, "its connection", err, psa.ErrNotFound)
	d, err := s.Setup().Draft(t.Context(), "msp-2")
	must(t, err)
	c, e := s.connection("msp-2")
	_, err = s.Setup().Activate(t.Context(), c, d, e, true)
	must(t, err)
	claim, err := s.Setup().Claim(t.Context(), endpoint().Identity)
	if err != nil || claim.Account != "msp-2" {
		t.Errorf("claim after the takeover: %+v, %v", claim, err)
	}
	_, err = s.Setup().Claim(t.Context(), psa.Identity{Site: "na.example.net", CompanyID: "Other"})
	wantErr(t, "claim of nobody", err, psa.ErrNotFound)
}

func TestUpdateConnection(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	c, err := s.activate(t, "msp-1", false)
	must(t, err)
	fresh := setup.SecretNote{Account: "msp-1", Name: "new", SweepAt: s.now()}
	old := setup.SecretNote{Account: "msp-1", Name: "old", SweepAt: s.now().Add(time.Hour)}
	must(t, s.Setup().NoteSecret(t.Context(), fresh))
	next := c
	next.SecretARN = "arn:new"
	s.faults.LoseAnswer("TransactWriteItems", 1)
	got, err := s.Setup().UpdateConnection(t.Context(), next, fresh, old)
	must(t, err)
	stored, err := s.Setup().Connection(t.Context(), "msp-1")
	must(t, err)
	wantEqual(t, "connection", stored, got)
	due, err := s.Setup().DueSecrets(t.Context(), s.now().Add(time.Hour), 10)
	must(t, err)
	wantEqual(t, "notes", due, []setup.SecretNote{old})
	_, err = s.Setup().UpdateConnection(t.Context(), next, setup.SecretNote{}, fresh)
	wantErr(t, "update of an older one", err, psa.ErrConflict)
	_, err = s.Setup().UpdateConnection(t.Context(), got, old, old)
	must(t, err)
}

func TestDueSecrets(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	var want []setup.SecretNote
	for i := range 20 {
		n := setup.SecretNote{
			Account: psa.AccountID(fmt.Sprint("msp-", i%3)), Name: fmt.Sprint("psabridge/dev/", i),
			SweepAt: s.now().Add(time.Duration(i) * time.Minute),
		}
		must(t, s.Setup().NoteSecret(t.Context(), n))
		want = append(want, n)
	}
	moved := want[0]
	moved.SweepAt = s.now().Add(time.Hour)
	must(t, s.Setup().NoteSecret(t.Context(), moved))
	for range 2 {
		must(t, s.Setup().ForgetSecret(t.Context(), want[2]))
	}
	due, err := s.Setup().DueSecrets(t.Context(), s.now().Add(5*time.Minute), 10)
	must(t, err)
	wantEqual(t, "due", due, []setup.SecretNote{want[1], want[3], want[4], want[5]})
}
