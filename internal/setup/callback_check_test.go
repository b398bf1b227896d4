package setup_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
	"github.com/psabridge/psabridge/internal/setup/setuptest"
)

// journal remembers "type" of every repair.
type journal []string

func (j *journal) CallbackRepaired(_ context.Context, _ psa.Scope, typ psa.DataType, _ time.Time) error {
	*j = append(*j, string(typ))
	return nil
}

// foreign is what an integration of somebody else has registered.
const foreign = "companies https://other.example.com/hook?recordId="

// hours ticks through n hours.
func hours(t *testing.T, w *setuptest.World, s *setup.Service, n int) {
	t.Helper()
	for range n * 12 {
		w.Pass(5 * time.Minute)
		if err := s.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func stateOf(t *testing.T, w *setuptest.World, typ psa.DataType) setup.TypeCallback {
	t.Helper()
	types := callbacksOf(t, w).Types
	i := slices.IndexFunc(types, func(c setup.TypeCallback) bool { return c.Type == typ })
	if i < 0 {
		t.Fatalf("nothing is known of %s: %+v", typ, types)
	}
	return types[i]
}

// Whatever became of a callback at ConnectWise, an hour later it is as it
// shall be, once, and people are told. What others registered is not touched.
func TestBrokenCallbacksAreRepaired(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		harm    func(w *setuptest.World)
		repairs int
		want    string
	}{
		"nothing":       {func(*setuptest.World) {}, 0, ""},
		"turned off":    {func(w *setuptest.World) { w.CW.Deactivate(1) }, 1, "inactive"},
		"altered":       {func(w *setuptest.World) { w.CW.Alter(1) }, 1, "changed"},
		"removed":       {func(w *setuptest.World) { w.CW.Forget(1) }, 1, "missing"},
		"another token": {func(w *setuptest.World) { w.CW.Swap(1, strings.NewReplacer("?recordId=", "X?recordId=")) }, 1, "changed"},
		"another end":   {func(w *setuptest.World) { w.CW.Swap(1, strings.NewReplacer("?recordId=", "?id=")) }, 1, "changed"},
		"another host":  {func(w *setuptest.World) { w.CW.Swap(1, strings.NewReplacer("bridge.", "old-bridge.")) }, 1, "changed"},
		"twice": {func(w *setuptest.World) {
			w.CW.Adopt(w.CW.Callbacks()[0])
		}, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setuptest.NewWorld()
			var log bytes.Buffer
			w.Log = &log
			enabled(t, w)
			companiesFirst(t, w)
			w.CW.Adopt(foreign)
			s := w.Ticker(t, nil)
			var told journal
			s.Journal = &told
			hours(t, w, s, 1)
			tt.harm(w)
			hours(t, w, s, 3)
			if got := w.CW.Callbacks(); len(got) != 3 || !slices.Contains(got, foreign) {
				t.Errorf("registered %v", got)
			}
			got := stateOf(t, w, psa.Companies)
			if got.State != setup.CallbackActive || got.Repairs != tt.repairs || len(told) != tt.repairs || got.RepairedAt.IsZero() != (tt.repairs == 0) {
				t.Errorf("%+v, told %v", got, told)
			}
			if other := stateOf(t, w, psa.Contacts); other.Repairs != 0 || other.State != setup.CallbackActive {
				t.Errorf("the other: %+v", other)
			}
			if tt.want != "" && !strings.Contains(log.String(), `"state":"`+tt.want+`"`) {
				t.Errorf("the log does not say %q:\n%s", tt.want, log.String())
			}
		})
	}
}

// The look costs one list an hour and no write.
func TestLookingAtSoundCallbacksWritesNothing(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	s := enabled(t, w)
	before, err := s.Status(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	lists := 0
	w.CW.Fail = func(call string) error {
		if call == "registrations" {
			lists++
		}
		return nil
	}
	hours(t, w, w.Ticker(t, nil), 10)
	after, err := s.Status(t.Context(), account)
	if err != nil || after.Tag != before.Tag {
		t.Errorf("tag %s, was %s (%v)", after.Tag, before.Tag, err)
	}
	if lists < 9 || lists > 11 {
		t.Errorf("%d looks in ten hours", lists)
	}
}

// A type that is switched off is not called for any more.
func TestATypeSwitchedOffIsUnregistered(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	enabled(t, w)
	store := &setuptest.Store{Table: w.Table}
	c, err := store.Connection(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	c.Types = []psa.DataType{psa.Companies}
	if _, err := store.UpdateConnection(t.Context(), c, setup.SecretNote{}, setup.SecretNote{}); err != nil {
		t.Fatal(err)
	}
	hours(t, w, w.Ticker(t, nil), 2)
	if got := w.CW.Callbacks(); len(got) != 1 || !strings.HasPrefix(got[0], "companies ") {
		t.Errorf("registered %v", got)
	}
	if got := callbacksOf(t, w); len(got.Types) != 1 {
		t.Errorf("known of %+v", got.Types)
	}
}

// The second registration fails: the first is taken back, the token with it,
// and what was there before stays.
func TestRegisteringIsRolledBack(t *testing.T) {
	t.Parallel()
	for _, first := range []bool{true, false} {
		t.Run(fmt.Sprintf("the first time %v", first), func(t *testing.T) {
			t.Parallel()
			w := setuptest.NewWorld()
			s := w.Service(t, nil)
			if _, err := s.Save(t.Context(), account, "ann", input()); err != nil {
				t.Fatal(err)
			}
			if !first {
				if _, err := s.Enable(t.Context(), account, "ann", false); err != nil {
					t.Fatal(err)
				}
				w.CW.Deactivate(1)
				w.CW.Deactivate(2)
			}
			before := w.CW.Callbacks()
			w.CW.Adopt(foreign)
			var asked atomic.Int32
			w.CW.Fail = func(call string) error {
				if call == "register" && asked.Add(1) == 2 {
					return problem.New(problem.PermissionMissing, "The API member may not do this.", "Add the permission.")
				}
				return nil
			}
			out, err := s.Enable(t.Context(), account, "ann", false)
			if err != nil || len(out.Warnings) != 1 {
				t.Fatalf("%+v %v", out, err)
			}
			if got := w.CW.Callbacks(); !slices.Equal(got, append(before, foreign)) {
				t.Errorf("left %v, were %v", got, before)
			}
			st, _ := s.Status(t.Context(), account)
			e, err := (&setuptest.Store{Table: w.Table}).CallbackEndpoint(t.Context(), st.Connection.ID)
			if want := map[bool]int{true: 0, false: 1}[first]; err != nil || len(e.TokenHashes) != want {
				t.Errorf("%d tokens, want %d (%v)", len(e.TokenHashes), want, err)
			}
			if got := callbacksOf(t, w); got.State != setup.CallbacksFailed || len(got.Broken()) != 2 {
				t.Errorf("%+v", got)
			}
		})
	}
}

// A ConnectWise that has but one registration of a type makes room for the new
// one, and not for another's.
func TestAConnectWiseThatTakesOnePerType(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	enabled(t, w)
	w.CW.OnePerType = true
	w.CW.Deactivate(1)
	w.CW.Deactivate(2)
	hours(t, w, w.Ticker(t, nil), 2)
	if got := w.CW.Callbacks(); len(got) != 2 {
		t.Errorf("registered %v", got)
	}
	if got := callbacksOf(t, w); got.State != setup.CallbacksRegistered || len(got.Broken()) != 0 {
		t.Errorf("%+v", got)
	}
}

// A repair dies at each remote call. The old token is valid for as long as
// ConnectWise may use it, and the next look completes the repair.
func TestARepairDiesAnywhere(t *testing.T) {
	t.Parallel()
	broken := func(t *testing.T) *setuptest.World {
		w := setuptest.NewWorld()
		enabled(t, w)
		w.CW.Adopt(foreign)
		w.CW.Deactivate(1)
		w.CW.Alter(2)
		w.Pass(65 * time.Minute)
		return w
	}
	var whole setuptest.Faults
	if err := broken(t).Ticker(t, &whole).Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	if whole.Calls() < 15 {
		t.Fatalf("only %d calls", whole.Calls())
	}
	for at := 1; at <= whole.Calls(); at++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("call %d, after %v", at, after), func(t *testing.T) {
				t.Parallel()
				w := broken(t)
				err := w.Ticker(t, &setuptest.Faults{At: at, After: after}).Tick(t.Context())
				if err != nil && !errors.Is(err, setuptest.ErrDied) {
					t.Fatal(err)
				}
				wantKnownTokens(t, w)
				hours(t, w, w.Ticker(t, nil), 3)
				wantKnownTokens(t, w)
				if got := w.CW.Callbacks(); len(got) != 3 || !slices.Contains(got, foreign) {
					t.Errorf("registered %v", got)
				}
				for _, typ := range []psa.DataType{psa.Companies, psa.Contacts} {
					if got := stateOf(t, w, typ); got.State != setup.CallbackActive || got.Repairs > 1 {
						t.Errorf("%+v", got)
					}
				}
				if got := callbacksOf(t, w); got.State != setup.CallbacksRegistered || got.Warning != nil {
					t.Errorf("%+v", got)
				}
			})
		}
	}
}

// wantKnownTokens fails unless the receiver knows every token that ConnectWise
// uses, and at most one more than the last repair's.
func wantKnownTokens(t *testing.T, w *setuptest.World) {
	t.Helper()
	st, err := w.Service(t, nil).Status(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	e, err := (&setuptest.Store{Table: w.Table}).CallbackEndpoint(t.Context(), st.Connection.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, cb := range w.CW.Callbacks() {
		_, url, _ := strings.Cut(cb, "/callbacks/"+st.Connection.ID+"/")
		token, _, _ := strings.Cut(url, "?")
		if url != "" && !slices.Contains(e.TokenHashes, hashOf(token)) {
			t.Errorf("what comes by %s is turned away", cb)
		}
	}
	if len(e.TokenHashes) > 4 {
		t.Errorf("%d tokens are valid", len(e.TokenHashes))
	}
}

// A right that was taken away is told, until it is there again; a ConnectWise
// that is down for a while is not worth a word.
func TestCallbacksThatCannotBeChecked(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	enabled(t, w)
	s := w.Ticker(t, nil)
	broken := 0
	s.Count = func(_ context.Context, _ string, n int) { broken += n }
	for _, tt := range []struct {
		err  error
		want problem.Code
	}{
		{problem.New(problem.ConnectWiseDown, "ConnectWise is down.", ""), ""},
		{problem.New(problem.PermissionMissing, "The API member may not do this.", "Add it."), problem.PermissionMissing},
		{nil, ""},
	} {
		failAt(w, "registrations", tt.err)
		hours(t, w, s, 2)
		got := callbacksOf(t, w)
		if got.State != setup.CallbacksRegistered || (got.Warning == nil) != (tt.want == "") || got.Warning != nil && got.Warning.Code != tt.want {
			t.Errorf("%v: %+v", tt.err, got)
		}
	}
	if broken != 0 {
		t.Errorf("counted %d broken callbacks", broken)
	}
	failAt(w, "register", errors.New("refused"))
	w.CW.Deactivate(2)
	hours(t, w, s, 2)
	if broken == 0 || len(callbacksOf(t, w).Broken()) != 1 {
		t.Errorf("counted %d: %+v", broken, callbacksOf(t, w))
	}
}

// companiesFirst makes the first registration the companies'.
func companiesFirst(t *testing.T, w *setuptest.World) {
	t.Helper()
	if got := w.CW.Callbacks(); !strings.HasPrefix(got[0], "companies ") {
		w.CW.Exchange(1, 2)
	}
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
