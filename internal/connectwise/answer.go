package connectwise

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	maxMessage      = 300
	maxCode         = 64
	maxFields       = 20
	maxErrorBody    = 64 << 10
	throttleDefault = 30 * time.Second
	throttleMax     = 15 * time.Minute
)

// errorBody is every shape in which ConnectWise words an error. A throttled
// answer has its code under "error". What is not a string is ignored, so that
// an odd body never hides the status.
type errorBody struct {
	Code    looseString `json:"code"`
	Error   looseString `json:"error"`
	Message looseString `json:"message"`
	Errors  fieldErrors `json:"errors"`
}

type fieldError struct {
	Code    looseString `json:"code"`
	Message looseString `json:"message"`
	Field   looseString `json:"field"`
}

// fieldErrors takes a list of objects and passes over anything else.
type fieldErrors []fieldError

func (f *fieldErrors) UnmarshalJSON(b []byte) error {
	var list []fieldError
	if json.Unmarshal(b, &list) == nil {
		*f = list[:min(len(list), maxFields)]
	}
	return nil
}

// looseString takes a string and passes over anything else.
type looseString string

func (s *looseString) UnmarshalJSON(b []byte) error {
	var v string
	if json.Unmarshal(b, &v) == nil {
		*s = looseString(v)
	}
	return nil
}

// statusError turns an answer that is not 2xx into an Error. secrets are
// taken out of ConnectWise's words should it repeat them.
func statusError(op string, status int, header http.Header, body []byte, now time.Time, secrets []string) *Error {
	e := &Error{Op: op, Status: status}
	var b errorBody
	isJSON := json.Unmarshal(body, &b) == nil
	if isJSON {
		e.describe(b, secrets)
	}
	e.Kind = kindOf(e, isJSON || len(bytes.TrimSpace(body)) == 0)
	e.repeatable = e.Kind == KindDown
	if e.Kind == KindThrottled || status == http.StatusServiceUnavailable {
		e.RetryAfter = retryAfter(header, now, e.Kind == KindThrottled)
	}
	return e
}

func (e *Error) describe(b errorBody, secrets []string) {
	hide := func(s looseString) string { return hideSecrets(string(s), secrets) }
	e.Code = oneWord(hide(b.Code))
	if e.Code == "" {
		e.Code = oneWord(hide(b.Error))
	}
	e.Message = oneLine(hide(b.Message))
	for _, f := range b.Errors {
		e.Fields = append(e.Fields, FieldError{
			Code: oneWord(hide(f.Code)), Field: oneWord(hide(f.Field)), Message: oneLine(hide(f.Message)),
		})
	}
}

// kindOf reads the status, and the body only where the status is ambiguous.
// clean says that the body is JSON or empty: HTML comes from something in
// front of ConnectWise.
func kindOf(e *Error, clean bool) Kind {
	switch s := e.Status; {
	case s >= 300 && s < 400:
		return KindRedirect
	case s == http.StatusTooManyRequests:
		return KindThrottled
	case s >= 500 || s == http.StatusRequestTimeout:
		return KindDown
	case (s == 400 || s == 401 || s == 403) && aboutClientID(e):
		return KindClientID
	case s == http.StatusUnauthorized:
		return KindCredentials
	case s == http.StatusForbidden && clean:
		return KindPermission
	case s == http.StatusNotFound && strings.EqualFold(e.Code, "NotFound"):
		return KindNotFound
	case s == http.StatusNotFound:
		return KindNoEndpoint
	case s == http.StatusConflict:
		return KindConflict
	case s >= 400 && clean || s == http.StatusRequestURITooLong:
		return KindInvalid
	}
	return KindGarbled
}

// aboutClientID: sources disagree on the status for a missing or unknown
// clientId; all have the word in the message.
func aboutClientID(e *Error) bool {
	said := []string{e.Code, e.Message}
	for _, f := range e.Fields {
		said = append(said, f.Field, f.Message)
	}
	text := strings.ToLower(strings.Join(said, " "))
	return strings.Contains(text, "clientid") || strings.Contains(text, "client id") || strings.Contains(text, "client-id")
}

// retryAfter reads Retry-After in seconds or as a date, the latter against the
// server's own Date, so that clocks need not agree.
func retryAfter(h http.Header, now time.Time, throttled bool) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if secs, err := strconv.ParseInt(v, 10, 64); err == nil && secs >= 0 {
		return clampWait(min(secs, int64(throttleMax/time.Second)))
	}
	if at, err := http.ParseTime(v); err == nil {
		if date, err := http.ParseTime(h.Get("Date")); err == nil {
			now = date
		}
		return clampWait(int64(at.Sub(now) / time.Second))
	}
	if throttled {
		return throttleDefault
	}
	return 0
}

func clampWait(secs int64) time.Duration {
	return min(time.Duration(max(secs, 1))*time.Second, throttleMax)
}

func hideSecrets(s string, secrets []string) string {
	for _, secret := range secrets {
		if secret != "" {
			s = strings.ReplaceAll(s, secret, "[hidden]")
		}
	}
	return s
}

// oneLine bounds a text of ConnectWise's and takes out what could forge a log
// line or hide text.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, s)
	return cut(strings.Join(strings.Fields(s), " "), maxMessage)
}

// oneWord keeps what a code or field name consists of.
func oneWord(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._/-[]", r)) {
			return r
		}
		return -1
	}, s)
	return cut(s, maxCode)
}

// cut shortens to at most n runes.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n])
}
