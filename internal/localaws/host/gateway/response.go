package gateway

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// response is what a function may answer in payload format 2.0.
type response struct {
	status  int
	headers map[string]string
	cookies []string
	body    []byte
}

var errResponse = errors.New("malformed proxy response")

// parseResponse: an answer without statusCode is itself the body.
func parseResponse(answer []byte) (response, error) {
	answer = bytes.TrimSpace(answer)
	if !json.Valid(answer) {
		return response{}, fmt.Errorf("%w: not JSON", errResponse)
	}
	if !hasStatus(answer) {
		return inferred(answer), nil
	}
	var given struct {
		StatusCode        int                 `json:"statusCode"`
		Headers           map[string]scalar   `json:"headers"`
		MultiValueHeaders map[string][]string `json:"multiValueHeaders"` // of format 1.0, ignored
		Cookies           []string            `json:"cookies"`
		Body              *string             `json:"body"`
		IsBase64Encoded   bool                `json:"isBase64Encoded"`
	}
	if err := json.Unmarshal(answer, &given); err != nil {
		return response{}, fmt.Errorf("%w: %w", errResponse, err)
	}
	if given.StatusCode < 100 || given.StatusCode > 599 {
		return response{}, fmt.Errorf("%w: status %d", errResponse, given.StatusCode)
	}
	r := response{status: given.StatusCode, headers: map[string]string{}, cookies: given.Cookies}
	for name, value := range given.Headers {
		r.headers[name] = string(value)
	}
	return r, r.setBody(given.Body, given.IsBase64Encoded)
}

func hasStatus(answer []byte) bool {
	var probe map[string]json.RawMessage
	return json.Unmarshal(answer, &probe) == nil && probe["statusCode"] != nil
}

func (r *response) setBody(body *string, encoded bool) error {
	if body == nil {
		return nil
	}
	r.body = []byte(*body)
	if !encoded {
		return nil
	}
	decoded, err := base64.StdEncoding.DecodeString(*body)
	if err != nil {
		return fmt.Errorf("%w: the body is not base64", errResponse)
	}
	r.body = decoded
	return nil
}

func inferred(answer []byte) response {
	r := response{status: http.StatusOK, body: answer, headers: map[string]string{"content-type": "application/json"}}
	var text string
	if json.Unmarshal(answer, &text) == nil && answer[0] == '"' {
		r.body = []byte(text)
	}
	return r
}

func (r response) write(w http.ResponseWriter, method string) {
	h := w.Header()
	for name, value := range r.headers {
		h.Set(name, value)
	}
	for _, c := range r.cookies {
		h.Add("Set-Cookie", c)
	}
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "text/plain;charset=UTF-8")
	}
	h.Del("Content-Length") // the server counts for itself
	w.WriteHeader(r.status)
	if method != http.MethodHead && r.status >= 200 && r.status != http.StatusNoContent && r.status != http.StatusNotModified {
		_, _ = w.Write(r.body) // the client may be gone
	}
}

// scalar is a header's value, which functions also give as number or boolean.
type scalar string

// UnmarshalJSON takes a string, a number or a boolean.
func (s *scalar) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		return json.Unmarshal(data, (*string)(s))
	}
	if data[0] == '{' || data[0] == '[' {
		return errors.New("a header must be a text")
	}
	*s = scalar(data)
	return nil
}
