package setup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/psabridge/psabridge/internal/psa"
)

// Saved is what became of a tested connection.
type Saved struct {
	Status Status
	Report Report
	// Rotated is set if the enabled connection has new keys now; otherwise
	// the connection waits as a draft to be enabled.
	Rotated bool
}

// Save tests and stores: new keys for the ConnectWise that is enabled replace
// its keys at once, anything else becomes the draft. A test that does not pass
// is a TestFailedError, and nothing is stored.
//
// Every secret has a note in the store from before it is created until it is
// removed, so that a sweep finds it whatever dies in between.
func (s *Service) Save(ctx context.Context, account psa.AccountID, by string, in Input) (Saved, error) {
	have, err := s.load(ctx, account)
	if err != nil {
		return Saved{}, err
	}
	if err := have.match(in.IfMatch); err != nil {
		return Saved{}, err
	}
	t, err := s.test(ctx, have, in)
	if err != nil {
		return Saved{}, err
	}
	if !t.report.OK {
		return Saved{}, &TestFailedError{t.report}
	}
	arn, err := s.keep(ctx, account, t)
	if err != nil {
		return Saved{}, err
	}
	out := Saved{Report: t.report, Rotated: have.conn != nil && have.conn.Endpoint.same(t.endpoint)}
	if out.Rotated {
		have.conn, err = s.rotate(ctx, *have.conn, by, t, arn)
	} else {
		have.draft, err = s.putDraft(ctx, account, have, by, t, arn)
	}
	if err != nil {
		return Saved{}, conflict(err)
	}
	out.Status = have.status()
	return out, nil
}

// keep stores new keys as a new secret, with its note before it. Keys that
// are stored already stay where they are.
func (s *Service) keep(ctx context.Context, account psa.AccountID, t tested) (arn string, err error) {
	if t.kept != "" {
		return t.kept, nil
	}
	name := s.secretName(account)
	note := SecretNote{Account: account, Name: name, SweepAt: s.now().Add(secretGrace)}
	if err := s.Store.NoteSecret(ctx, note); err != nil {
		return "", fmt.Errorf("note the new secret: %w", err)
	}
	arn, err = s.Secrets.Create(ctx, name, t.creds)
	if err != nil {
		return "", fmt.Errorf("store the keys: %w", err)
	}
	return arn, nil
}

// rotate points the connection at new keys; the old ones go an hour later,
// when no worker uses them any more.
func (s *Service) rotate(ctx context.Context, c Connection, by string, t tested, arn string) (*Connection, error) {
	var old SecretNote
	if arn != c.SecretARN {
		old = SecretNote{Account: c.Account, Name: nameOf(c.SecretARN), SweepAt: s.now().Add(secretGrace)}
		c.SecretARN, c.KeysBy, c.KeysAt = arn, by, s.now()
	}
	c.Endpoint, c.Types = t.endpoint, t.types
	c, err := s.Store.UpdateConnection(ctx, c, SecretNote{}, old)
	if err != nil {
		return nil, fmt.Errorf("point the connection at the new keys: %w", err)
	}
	return &c, nil
}

// putDraft replaces the draft. The note of its secret stays: it is how the
// sweep finds a draft that nobody enables. A replaced draft's secret is noted
// for the next hour first; until it is really replaced that does no harm.
func (s *Service) putDraft(ctx context.Context, account psa.AccountID, have stored, by string, t tested, arn string) (*Draft, error) {
	d := Draft{
		Account: account, Endpoint: t.endpoint, SecretARN: arn, Types: t.types, Filter: have.filterFor(t.endpoint),
		SavedBy: by, SavedAt: s.now(), ExpiresAt: s.now().Add(draftLife),
	}
	if before := have.anyDraft(); before != nil {
		d.Rev = before.Rev
		if before.SecretARN != arn {
			if err := s.retire(ctx, account, before.SecretARN); err != nil {
				return nil, err
			}
		}
	}
	d, err := s.Store.PutDraft(ctx, d, SecretNote{})
	if err != nil {
		return nil, fmt.Errorf("store the draft: %w", err)
	}
	return &d, nil
}

// retire has the sweep look at a secret in an hour.
func (s *Service) retire(ctx context.Context, account psa.AccountID, arn string) error {
	note := SecretNote{Account: account, Name: nameOf(arn), SweepAt: s.now().Add(secretGrace)}
	if err := s.Store.NoteSecret(ctx, note); err != nil {
		return fmt.Errorf("note the replaced secret: %w", err)
	}
	return nil
}

// Discard removes the draft; its keys are swept an hour later. No draft is no
// error.
func (s *Service) Discard(ctx context.Context, account psa.AccountID) error {
	d, err := s.Store.Draft(ctx, account)
	if errors.Is(err, psa.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("load draft: %w", err)
	}
	note := SecretNote{Account: account, Name: nameOf(d.SecretARN), SweepAt: s.now().Add(secretGrace)}
	if err := s.Store.DeleteDraft(ctx, d, note); err != nil {
		return conflict(err)
	}
	return nil
}

// nameOf is the name in a secret's ARN, "...:secret:name-AbCdEf", as it was
// chosen; what is no ARN is the name already.
func nameOf(arn string) string {
	_, name, ok := strings.Cut(arn, ":secret:")
	if !ok || len(name) < 7 || name[len(name)-7] != '-' {
		return arn
	}
	return name[:len(name)-7]
}

// TypesChange is what SetTypes led to.
type TypesChange struct {
	Status Status
	// Added are parents that were enabled too.
	Added []psa.DataType
}

// SetTypes chooses the data types of the enabled connection, or of the draft
// if there is none. Parents are added. What is newly enabled starts syncing.
func (s *Service) SetTypes(ctx context.Context, account psa.AccountID, by string, names []psa.DataType, ifMatch string) (TypesChange, error) {
	all, added, err := s.types.closure(names)
	if err != nil {
		return TypesChange{}, err
	}
	have, err := s.load(ctx, account)
	if err != nil {
		return TypesChange{}, err
	}
	if err := have.match(ifMatch); err != nil {
		return TypesChange{}, err
	}
	switch {
	case have.conn != nil:
		err = s.setConnectionTypes(ctx, have.conn, by, all)
	case have.draft != nil:
		have.draft.Types = all
		*have.draft, err = s.Store.PutDraft(ctx, *have.draft, SecretNote{})
	default:
		err = notConnected()
	}
	if err != nil {
		return TypesChange{}, conflict(err)
	}
	return TypesChange{Status: have.status(), Added: added}, nil
}

func (s *Service) setConnectionTypes(ctx context.Context, c *Connection, by string, types []psa.DataType) error {
	if !slices.Equal(c.Types, types) {
		c.Types = types
		updated, err := s.Store.UpdateConnection(ctx, *c, SecretNote{}, SecretNote{})
		if err != nil {
			return fmt.Errorf("store the data types: %w", err)
		}
		*c = updated
	}
	if err := s.Runner.StartInitial(ctx, c.Scope(), types, by); err != nil {
		return fmt.Errorf("start the first runs: %w", err)
	}
	updated, err := s.registerCallbacks(ctx, *c)
	*c = updated
	return err
}
