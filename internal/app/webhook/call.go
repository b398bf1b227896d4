package webhook

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/psabridge/psabridge/internal/psa"
)

const (
	// callTries of one call, each with tryTime; all of it ends with the
	// delivery's deadline.
	callTries = 4
	tryTime   = 1500 * time.Millisecond
	firstWait = 50 * time.Millisecond
	maxAnswer = 1 << 20
	// usualCall has room for what is sent of most deliveries, so that it is
	// written at once.
	usualCall = 16 << 10
)

// caller makes signed calls of AWS's JSON protocol. The SDK's clients for table
// and queue would be most of this function's start and most of its work, and it
// needs one call of each.
type caller struct {
	http    *http.Client
	signer  *v4.Signer
	aws     aws.Config
	service string // as it is signed
	url     string
	now     func() time.Time
}

// newHTTP is the connections to AWS; they outlast an invocation.
func newHTTP() *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: (&net.Dialer{Timeout: time.Second}).DialContext, TLSHandshakeTimeout: time.Second, MaxIdleConnsPerHost: 4,
		IdleConnTimeout: 90 * time.Second, ForceAttemptHTTP2: true, WriteBufferSize: usualCall,
	}}
}

// do makes a call that may be repeated, until it is answered.
func (c *caller) do(ctx context.Context, target string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("encode %s: %w", target, err)
	}
	for try := 1; ; try++ {
		again, err := c.once(ctx, target, body, out)
		if err == nil || !again || try == callTries || !pause(ctx, firstWait<<try) {
			return err
		}
	}
}

// pause waits for half of d or more, if ctx leaves that.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d/2 + rand.N(d/2)) //nolint:gosec // a pause is no secret
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// once makes one try. A broken connection, an answer of 5xx and a wish to slow
// down are worth another.
func (c *caller) once(ctx context.Context, target string, body []byte, out any) (again bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, tryTime)
	defer cancel()
	req, err := c.request(ctx, target, body)
	if err != nil {
		return false, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return true, fmt.Errorf("%s: %w", target, err)
	}
	defer resp.Body.Close() //nolint:errcheck // it is read to its end, or given up
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return true, fmt.Errorf("%s: answer: %w", target, err)
	}
	if resp.StatusCode != http.StatusOK {
		kind := kindOf(answer)
		return resp.StatusCode >= http.StatusInternalServerError || strings.Contains(kind, "Thrott") || strings.Contains(kind, "Exceeded"),
			fmt.Errorf("%s: status %d, %s", target, resp.StatusCode, kind)
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return true, fmt.Errorf("%s: answer: %w: %w", target, psa.ErrInvalid, err)
	}
	return false, nil
}

func (c *caller) request(ctx context.Context, target string, body []byte) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", target, err)
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.0")
	req.Header.Set("X-Amz-Target", target)
	keys, err := c.aws.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("credentials: %w", err)
	}
	sum := sha256.Sum256(body)
	if err := c.signer.SignHTTP(ctx, keys, req, hex.EncodeToString(sum[:]), c.service, c.aws.Region, c.now()); err != nil {
		return nil, fmt.Errorf("sign %s: %w", target, err)
	}
	return req, nil
}

// kindOf is the name of an error: "com.amazonaws.dynamodb.v20120810#ThrottlingException".
func kindOf(answer []byte) string {
	var e struct {
		Type string `json:"__type"`
	}
	if json.Unmarshal(answer, &e) != nil || e.Type == "" {
		return "unknown error"
	}
	return e.Type[strings.LastIndex(e.Type, "#")+1:]
}

// endpointOf is where a service is: the local run's, or def.
func endpointOf(ctx context.Context, cfg aws.Config, sdkID, def string) string {
	for _, source := range cfg.ConfigSources {
		s, ok := source.(interface {
			GetServiceBaseEndpoint(ctx context.Context, sdkID string) (string, bool, error)
		})
		if !ok {
			continue
		}
		if url, found, err := s.GetServiceBaseEndpoint(ctx, sdkID); found && err == nil {
			return url
		}
	}
	return def
}
