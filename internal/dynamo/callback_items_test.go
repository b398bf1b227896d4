package dynamo_test

import (
	"testing"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
)

func TestCallbackStateIsKept(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	want := setup.Callbacks{
		State: setup.CallbacksFailed, At: s.now(), Warning: &setup.Warning{Code: "c", Message: "m", Remedy: "r"}, Failures: 2,
		Types: []setup.TypeCallback{
			{Type: psa.Companies, State: setup.CallbackActive, Since: s.now(), RegisteredAt: s.now(), RepairedAt: s.now(), Repairs: 3},
			{Type: psa.Contacts, State: setup.CallbackMissing, Since: s.now()},
		},
	}
	c, err := s.Setup().UpdateConnection(t.Context(), setup.Connection{Account: "msp-1", Generation: 1, Callbacks: want}, setup.SecretNote{}, setup.SecretNote{})
	must(t, err)
	got, err := s.Setup().Connection(t.Context(), c.Account)
	must(t, err)
	wantEqual(t, "callbacks", got.Callbacks, want)
}
