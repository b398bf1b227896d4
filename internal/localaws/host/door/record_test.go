package door

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
)

// TestAKilledCallerSeesNothing: the answer is written after the kill or not at
// all, and the service is asked on the right side of it.
func TestAKilledCallerSeesNothing(t *testing.T) {
	t.Parallel()
	for phase, want := range map[Phase][]string{Before: {"kill"}, After: {"ask", "kill"}} {
		r, w := &Recorder{}, httptest.NewRecorder()
		r.Arm(Crash{Function: "f", Call: 2, Phase: phase})
		var got []string
		pass := func() {
			r.begin(Call{Function: "f"}).pass(w, func() {
				got = append(got, "kill")
				if w.Body.Len() > 0 {
					t.Errorf("%v: the answer was written before the kill", phase)
				}
			}, func() answer {
				got = append(got, "ask")
				return answer{status: http.StatusOK, body: []byte("secret")}
			})
		}
		pass()
		if w.Body.String() != "secret" || len(got) != 1 {
			t.Errorf("%v: the first call did %v", phase, got)
		}
		r.begin(Call{Function: "other"}).pass(httptest.NewRecorder(), func() { t.Error("the wrong function dies") }, func() answer { return answer{status: 200} })
		w, got = httptest.NewRecorder(), nil
		pass()
		if !slices.Equal(got, want) || w.Body.Len() > 0 {
			t.Errorf("%v: the second call did %v and wrote %q", phase, got, w.Body)
		}
		if r.Disarm() {
			t.Errorf("%v: it could happen again", phase)
		}
	}
}
