package setup

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// sweepAtOnce bounds one sweep; what is left is due at the next.
const sweepAtOnce = 50

// Sweeper removes secrets that nothing points at, and drafts that nobody
// enabled. It is safe to run anywhere, at any time, side by side.
type Sweeper struct {
	store   Store
	secrets Secrets
	now     func() time.Time
}

// NewSweeper makes a Sweeper.
func NewSweeper(store Store, secrets Secrets, now func() time.Time) *Sweeper {
	return &Sweeper{store: store, secrets: secrets, now: now}
}

// Sweep looks at what is due. One secret that cannot be removed does not hold
// up the others.
func (s *Sweeper) Sweep(ctx context.Context) error {
	now := s.now().UTC().Truncate(time.Millisecond)
	due, err := s.store.DueSecrets(ctx, now, sweepAtOnce)
	if err != nil {
		return fmt.Errorf("list secrets to sweep: %w", err)
	}
	var errs []error
	for _, note := range due {
		if err := s.look(ctx, note, now); err != nil {
			errs = append(errs, fmt.Errorf("sweep a secret of account %s: %w", note.Account, err))
		}
	}
	return errors.Join(errs...)
}

// look removes the secret unless something points at it; then the note stays,
// to be looked at again. It never forgets a secret that exists: between
// reading and forgetting, the pointer could have moved.
func (s *Sweeper) look(ctx context.Context, note SecretNote, now time.Time) error {
	conn, err := s.store.Connection(ctx, note.Account)
	if err != nil && !errors.Is(err, psa.ErrNotFound) {
		return err
	}
	if pointsAt(conn.SecretARN, note.Name) {
		return s.later(ctx, note, now.Add(secretReview))
	}
	draft, err := s.store.Draft(ctx, note.Account)
	if err != nil && !errors.Is(err, psa.ErrNotFound) {
		return err
	}
	if pointsAt(draft.SecretARN, note.Name) {
		if now.Before(draft.ExpiresAt) {
			return s.later(ctx, note, draft.ExpiresAt)
		}
		// A draft that changed meanwhile is looked at again.
		if err := s.store.DeleteDraft(ctx, draft, note); err != nil {
			return err
		}
	}
	if err := s.secrets.Delete(ctx, note.Name); err != nil {
		return err
	}
	return s.store.ForgetSecret(ctx, note)
}

func (s *Sweeper) later(ctx context.Context, note SecretNote, at time.Time) error {
	note.SweepAt = at
	return s.store.NoteSecret(ctx, note)
}

// pointsAt reports whether arn is that of the secret called name. Names end
// in a ULID, which stands in the ARN whatever else it is made of.
func pointsAt(arn, name string) bool {
	return arn != "" && strings.Contains(arn, path.Base(name))
}
