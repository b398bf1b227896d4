package connectwise

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/psabridge/psabridge/internal/psa"
)

func TestTouch(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		method, path, body string
		status             int
		answer             string
		kind               Kind
	}{
		"a look":             {"GET", "/sales/opportunities/0/forecast", "", 404, `{"code":"NotFound","message":"Opportunity 0 not found"}`, KindNotFound},
		"a look that works":  {"GET", "/company/companies/0/notes", "", 200, `[]`, ""},
		"a page":             {"GET", "/company/companies/0/notes", "", 200, `<html>`, KindGarbled},
		"nothing to create":  {"POST", "/service/tickets", "{}", 400, `{"code":"InvalidObject","message":"ticket object is invalid"}`, KindInvalid},
		"no right":           {"POST", "/service/tickets", "{}", 403, `{"code":"Security","message":"You do not have security permission to perform this action."}`, KindPermission},
		"no POST":            {"POST", "/service/tickets", "{}", 405, `{"code":"ConnectWiseApi","message":"The requested resource does not support http method 'POST'."}`, KindNoEndpoint},
		"no JSON":            {"PATCH", "/service/tickets/0", "[]", 415, `{"code":"ConnectWiseApi"}`, KindNoEndpoint},
		"nothing to change":  {"PATCH", "/service/tickets/0", "[]", 404, `{"code":"NotFound","message":"Ticket 0 not found"}`, KindNotFound},
		"changed all right":  {"PATCH", "/service/tickets/0", "[]", 200, `{"id":0}`, ""},
		"broken":             {"PATCH", "/service/tickets/0", "[]", 500, `{"code":"ConnectWiseApi"}`, KindDown},
		"another code base?": {"POST", "/service/tickets", "{}", 404, `{"code":"ConnectWiseApi","message":"The endpoint does not exist."}`, KindNoEndpoint},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			c := connect(t, func(w http.ResponseWriter, r *http.Request) {
				calls.Add(1)
				body, _ := io.ReadAll(r.Body)
				if !isTestPath(r, tc.path[1:]) || r.Method != tc.method || string(body) != tc.body || r.URL.RawQuery != "" {
					t.Errorf("%s %s %q", r.Method, r.URL, body)
				}
				w.WriteHeader(tc.status)
				io.WriteString(w, tc.answer)
			})
			err := c.Touch(t.Context(), tc.method, tc.path)
			var e *Error
			if errors.As(err, &e) != (tc.kind != "") || e != nil && e.Kind != tc.kind {
				t.Errorf("%v, want %q", err, tc.kind)
			}
			if calls.Load() != 1 {
				t.Errorf("sent %d times", calls.Load())
			}
		})
	}
}

// What might change something is not sent.
func TestTouchIsHarmless(t *testing.T) {
	t.Parallel()
	c := connect(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s %s was sent", r.Method, r.URL.Path) })
	for _, call := range [][2]string{
		{"DELETE", "/service/tickets/0"},
		{"PUT", "/service/tickets/0"},
		{"PATCH", "/service/tickets/17"},
		{"PATCH", "/service/tickets/10"},
		{"PATCH", "/finance/agreements/0/additions/5"},
		{"", "/service/tickets"},
	} {
		if err := c.Touch(t.Context(), call[0], call[1]); !errors.Is(err, psa.ErrInvalid) {
			t.Errorf("%v: %v", call, err)
		}
	}
}
