package callback

import (
	"context"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// verdict says what is known of a delivery's sender.
type verdict int

const (
	unknown verdict = iota // no signature, or no key to be had
	genuine
	forged
)

// judge verifies a delivery's signature. A key that was fetched a while ago is
// fetched again before a delivery counts as forged: whether the key behind a
// URL ever changes is not documented.
func (w *Worker) judge(ctx context.Context, e Envelope, d Delivery) verdict {
	if e.Signature == "" || d.KeyURL == "" {
		return unknown
	}
	id := keyID{connection: e.Connection, url: d.KeyURL}
	h, atHand := w.ring.cached(id, keyLife)
	if atHand && h.err == nil && h.mac.verifies(e.Body, e.Signature) {
		return genuine
	}
	h = w.ring.fetch(id, doubtLife, func() (string, error) { return w.signingKey(ctx, e.scope(), d.KeyURL) })
	switch {
	case h.err != nil:
		return unknown
	case h.mac.verifies(e.Body, e.Signature):
		return genuine
	default:
		return forged
	}
}

// signingKey asks ConnectWise for a key, unless it was asked for too many.
func (w *Worker) signingKey(ctx context.Context, scope psa.Scope, keyURL string) (string, error) {
	ok, err := w.Limits.Allow(ctx, scope, limitKeys, w.Now(), keyLimit)
	if err == nil && !ok {
		err = problem.New(problem.Busy, "Too many signing keys are asked for.", "")
	}
	var key string
	if err == nil {
		key, err = w.Keys.SigningKey(ctx, scope, keyURL)
	}
	if err != nil {
		w.Log.InfoContext(ctx, "signing key not obtained", "code", problem.CodeOf(err), "error", err.Error())
		return "", err
	}
	return key, nil
}
