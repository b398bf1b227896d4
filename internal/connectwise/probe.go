package connectwise

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/psabridge/psabridge/internal/psa"
)

// Touch sends a request that cannot change anything and returns how
// ConnectWise refuses it; nil if it does not. It is a GET, a POST of an empty
// object or a PATCH without operations of record 0, which no ConnectWise has:
// anything else is psa.ErrInvalid and is not sent.
//
// It is sent once, whatever becomes of it. A refusal of the method or of the
// content type says nothing about the content, and is KindNoEndpoint.
func (c *Client) Touch(ctx context.Context, method, path string) error {
	rq := request{method: method, path: path, limit: c.maxRecord}
	switch {
	case method == http.MethodGet:
	case method == http.MethodPost:
		rq.body = []byte("{}")
	case method == http.MethodPatch && strings.HasSuffix(path, "/0"):
		rq.body = []byte("[]")
	default:
		return fmt.Errorf("%s %s might change something: %w", method, path, psa.ErrInvalid)
	}
	cl := c.callOf(c.Base(), rq)
	a, err := c.caller.send(ctx, cl)
	var e *Error
	if errors.As(err, &e) && (e.Status == http.StatusMethodNotAllowed || e.Status == http.StatusUnsupportedMediaType) {
		e.Kind = KindNoEndpoint
	}
	if err == nil && !json.Valid(trimBOM(a.body)) {
		return garbled(cl.op(), "the answer is not JSON")
	}
	return err
}
