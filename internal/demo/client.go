// Package demo walks the whole path as a client: from an empty account through
// the API to synced records. It knows nothing but the API, so what it shows is
// what a user gets; the crash tests walk the same path.
package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Client calls the API as one person. Every call that it makes is safe to
// make twice, so it tries again when the answer is lost or the service is not
// there for a moment.
type Client struct {
	// Base is the API's address without /v1; Token is asked for with each
	// call.
	Base  string
	Token func() (string, error)
	// Tries bounds how often a call is made; default 5.
	Tries int
	// Pause between tries; default 200 ms.
	Pause time.Duration
}

// Problem is an answer that is a problem document.
type Problem struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Remedy string `json:"remedy"`
}

func (p *Problem) Error() string {
	return fmt.Sprintf("%d %s: %s %s", p.Status, p.Code, p.Detail, p.Remedy)
}

// Call sends in (nil for none) and decodes the answer into out (nil to drop
// it).
func (c *Client) Call(ctx context.Context, method, path string, in, out any) error {
	_, err := c.CallAt(ctx, method, path, "", in, out)
	return err
}

// CallAt is Call for what has revisions: tag is the ETag of what was looked at
// ("" for none), and the answer's is returned.
func (c *Client) CallAt(ctx context.Context, method, path, tag string, in, out any) (string, error) {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return "", fmt.Errorf("encode request: %w", err)
		}
	}
	tries, pause := c.Tries, c.Pause
	if tries == 0 {
		tries, pause = 5, 200*time.Millisecond
	}
	var err error
	for range tries {
		var again bool
		var answered string
		if answered, again, err = c.once(ctx, method, path, tag, body, out); err == nil || !again {
			return answered, err
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("%s %s: %w", method, path, errors.Join(ctx.Err(), err))
		case <-time.After(pause):
		}
	}
	return "", fmt.Errorf("%s %s, tried %d times: %w", method, path, tries, err)
}

func (c *Client) once(ctx context.Context, method, path, tag string, body []byte, out any) (answered string, again bool, err error) {
	token, err := c.Token()
	if err != nil {
		return "", false, fmt.Errorf("token: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 35*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, c.Base+path, bytes.NewReader(body))
	if err != nil {
		return "", false, fmt.Errorf("request: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if tag != "" {
		req.Header.Set("If-Match", tag)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", true, fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end below
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", true, fmt.Errorf("read answer: %w", err)
	}
	if resp.StatusCode >= 400 {
		p := &Problem{Status: resp.StatusCode}
		_ = json.Unmarshal(data, p) // the gateway's own answers are no problem documents
		return "", resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests, p
	}
	if out == nil {
		return resp.Header.Get("ETag"), false, nil
	}
	if err := json.Unmarshal(data, out); err != nil {
		return "", false, fmt.Errorf("decode answer of %s %s: %w", method, path, err)
	}
	return resp.Header.Get("ETag"), false, nil
}
