package connectwise

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

func TestErrorAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		status int
		body   string
		kind   Kind
		code   string
		public problem.Code
		is     error
	}{
		{
			"validation", 400, `{"code":"InvalidObject","message":"contact object is invalid","errors":[{"code":"MissingRequiredField","message":"The firstName field is required.","resource":"contact","field":"firstName"}]}`,
			KindInvalid, "InvalidObject", problem.ConnectWiseInvalid, psa.ErrInvalid,
		},
		{"bad name", 400, `{"code":"ApiFindCondition","message":"x is not a recognized name."}`, KindInvalid, "ApiFindCondition", problem.ConnectWiseInvalid, psa.ErrInvalid},
		{"errors null", 400, `{"code":"ConnectWiseApi","message":"m","errors":null}`, KindInvalid, "ConnectWiseApi", problem.ConnectWiseInvalid, psa.ErrInvalid},
		{"errors of another shape", 400, `{"code":"X","errors":{"a":1}}`, KindInvalid, "X", problem.ConnectWiseInvalid, psa.ErrInvalid},
		{"code of another shape", 400, `{"code":5,"message":["m"]}`, KindInvalid, "", problem.ConnectWiseInvalid, psa.ErrInvalid},
		{"clientId by 400", 400, `{"code":"InvalidRequest","message":"Missing clientid header"}`, KindClientID, "InvalidRequest", problem.ClientIDRefused, nil},
		{"clientId by 401", 401, `{"code":"Unauthorized","message":"The clientId is invalid"}`, KindClientID, "Unauthorized", problem.ClientIDRefused, nil},
		{"clientId by 403", 403, `{"code":"Security","message":"ClientID not valid"}`, KindClientID, "Security", problem.ClientIDRefused, nil},
		{"unauthorized", 401, `{"code":"Unauthorized","message":"Invalid username or password."}`, KindCredentials, "Unauthorized", problem.CredentialsRefused, nil},
		{"not authenticated", 401, `{"code":"ConnectWiseApi","message":"UserNotAuthenticated","errors":null}`, KindCredentials, "ConnectWiseApi", problem.CredentialsRefused, nil},
		{"401 HTML", 401, `<html>`, KindCredentials, "", problem.CredentialsRefused, nil},
		{"security", 403, `{"code":"Security","message":"You do not have security permission to perform this action."}`, KindPermission, "Security", problem.PermissionMissing, nil},
		{"403 empty", 403, ``, KindPermission, "", problem.PermissionMissing, nil},
		{"403 HTML", 403, `<html>Attention required</html>`, KindGarbled, "", problem.ConnectWiseGarbled, nil},
		{"record", 404, `{"code":"NotFound","message":"Contact 57919 not found"}`, KindNotFound, "NotFound", problem.ConnectWiseNotFound, psa.ErrNotFound},
		{"path", 404, `{"code":"ConnectWiseApi","message":"The endpoint does not exist."}`, KindNoEndpoint, "ConnectWiseApi", problem.ConnectWiseNotFound, nil},
		{"404 HTML", 404, `<html>`, KindNoEndpoint, "", problem.ConnectWiseNotFound, nil},
		{"404 empty", 404, ``, KindNoEndpoint, "", problem.ConnectWiseNotFound, nil},
		{"method", 405, `{"code":"X","message":"m"}`, KindInvalid, "X", problem.ConnectWiseInvalid, psa.ErrInvalid},
		{"conflict", 409, `{"code":"X","message":"m"}`, KindConflict, "X", problem.ConnectWiseInvalid, psa.ErrConflict},
		{"URL too long", 414, `<html>414 Request URI Too Long`, KindInvalid, "", problem.ConnectWiseInvalid, psa.ErrInvalid},
		{"throttled", 429, `{"error":"ConnectWiseAPI","message":"Too many requests. Please try again in 30 seconds."}`, KindThrottled, "ConnectWiseAPI", problem.ConnectWiseThrottle, psa.ErrBusy},
		{"throttled HTML", 429, `<html>`, KindThrottled, "", problem.ConnectWiseThrottle, psa.ErrBusy},
		{"teapot HTML", 418, `<html>`, KindGarbled, "", problem.ConnectWiseGarbled, nil},
		{"server error", 500, `{"code":"ConnectWiseApi","message":"String was not recognized as a valid Boolean."}`, KindDown, "ConnectWiseApi", problem.ConnectWiseDown, nil},
		{"bad gateway", 502, `<html>`, KindDown, "", problem.ConnectWiseDown, nil},
		{"not modified", 304, ``, KindRedirect, "", problem.AddressInvalid, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := statusError("GET x", tt.status, http.Header{}, []byte(tt.body), time.Now(), nil)
			if e.Kind != tt.kind || e.Code != tt.code || e.Status != tt.status {
				t.Errorf("got %+v", e)
			}
			p := problem.From(e)
			if p.Code != tt.public || p.Remedy == "" || !strings.HasSuffix(p.Message, ".") || !strings.HasSuffix(p.Remedy, ".") {
				t.Errorf("public form %+v", p)
			}
			for _, sentinel := range []error{psa.ErrNotFound, psa.ErrInvalid, psa.ErrConflict, psa.ErrBusy} {
				want := errors.Is(tt.is, sentinel)
				if errors.Is(e, sentinel) != want || errors.Is(p, sentinel) != want {
					t.Errorf("errors.Is(%v, %v) = %v", e, sentinel, errors.Is(e, sentinel))
				}
			}
		})
	}
}

func TestErrorFields(t *testing.T) {
	t.Parallel()
	body := `{"code":"InvalidObject","message":"contact\r\nobject\u0000 is\tinvalid` + strings.Repeat(" long", 100) +
		`","errors":[{"code":"OutOfRange","message":"bad","resource":"company","field":"status/id"}]}`
	e := statusError("GET x", 400, http.Header{}, []byte(body), time.Now(), nil)
	want := []FieldError{{Code: "OutOfRange", Field: "status/id", Message: "bad"}}
	if diff := cmp.Diff(want, e.Fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	if !strings.HasPrefix(e.Message, "contact object is invalid long") || utf8.RuneCountInString(e.Message) > maxMessage {
		t.Errorf("message %q", e.Message)
	}
}

// Whatever the server repeats, nothing of ours comes back out (P45).
func TestErrorsHoldNoSecrets(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 301, 400, 401, 403, 404, 409, 418, 429, 500} {
		c := connect(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "https://example.com/"+testPublic)
			w.Header().Set("Retry-After", "60")
			w.WriteHeader(status)
			echo := testPrivate + " " + r.Header.Get("Authorization") + " " + r.URL.String()
			json.NewEncoder(w).Encode(map[string]any{
				"code": testPublic, "message": echo, "errors": []any{map[string]string{"code": testPublic, "message": echo, "field": testPublic}},
			})
		})
		_, err := c.Count(t.Context(), "/company/companies", Eq("name", "Wayne Enterprises"))
		if err == nil {
			t.Fatalf("status %d: no error", status)
		}
		p := problem.From(err)
		var e *Error
		if !errors.As(err, &e) {
			t.Fatalf("status %d: %T", status, err)
		}
		for _, s := range []string{err.Error(), p.Error(), p.Message, p.Remedy} {
			if holdsSecret(s) || strings.Contains(s, "Wayne") || strings.Contains(s, "name =") {
				t.Errorf("status %d: %s", status, s)
			}
		}
		all, _ := json.Marshal(e)
		if holdsSecret(string(all)) || strings.Contains(string(all), "prv/Key") {
			t.Errorf("status %d: %s", status, all)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		value, date string
		want        time.Duration
	}{
		{"7", "", 7 * time.Second},
		{" 7 ", "", 7 * time.Second},
		{"0", "", time.Second},
		{"", "", throttleDefault},
		{"soon", "", throttleDefault},
		{"-5", "", throttleDefault},
		{"7.5", "", throttleDefault},
		{"999999999", "", throttleMax},
		{"99999999999999999999", "", throttleDefault},
		{"Sun, 01 Mar 2026 12:00:42 GMT", "", 42 * time.Second},
		{"Sun, 01 Mar 2026 11:00:00 GMT", "", time.Second},
		// The server's clock is an hour ahead of ours.
		{"Sun, 01 Mar 2026 13:00:42 GMT", "Sun, 01 Mar 2026 13:00:00 GMT", 42 * time.Second},
		{"Fri, 31 Dec 9999 23:59:59 GMT", "", throttleMax},
	}
	for _, tt := range tests {
		h := http.Header{"Retry-After": {tt.value}, "Date": {tt.date}}
		e := statusError("GET x", http.StatusTooManyRequests, h, nil, now, nil)
		if e.RetryAfter != tt.want || e.AsProblem().RetryAfter != tt.want {
			t.Errorf("Retry-After %q: %v, want %v", tt.value, e.RetryAfter, tt.want)
		}
	}
	if e := statusError("GET x", 503, http.Header{}, nil, now, nil); e.RetryAfter != 0 {
		t.Errorf("503 without Retry-After: %v", e.RetryAfter)
	}
}

func FuzzErrorBody(f *testing.F) {
	for _, s := range []string{`{"code":"NotFound"}`, `{"error":"x","message":"y","errors":[{}]}`, `null`, `[]`, `"x"`, `<html>`, `{"errors":[1]}`} {
		f.Add(404, s, "30")
	}
	f.Fuzz(func(t *testing.T, status int, body, retry string) {
		e := statusError("GET x", status, http.Header{"Retry-After": {retry}}, []byte(body), time.Now(), []string{testPrivate})
		if e.Kind == "" || e.RetryAfter < 0 || e.RetryAfter > throttleMax {
			t.Fatalf("%+v", e)
		}
		if strings.ContainsAny(e.Error()+e.Message, "\r\n\x00") || utf8.RuneCountInString(e.Message) > maxMessage || len(e.Code) > maxCode {
			t.Fatalf("%+v", e)
		}
	})
}
