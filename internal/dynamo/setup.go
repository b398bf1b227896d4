package dynamo

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
)

// Setup keeps connections, drafts, claims, secret notes and callback
// endpoints.
type Setup struct{ db *table }

var _ setup.Store = (*Setup)(nil)

// Connection implements setup.Store.
func (s *Setup) Connection(ctx context.Context, account psa.AccountID) (setup.Connection, error) {
	it, err := getAs[connectionItem](ctx, s.db, connectionKey(account))
	if err != nil {
		return setup.Connection{}, fmt.Errorf("connection: %w", err)
	}
	return it.connection(account), nil
}

// Draft implements setup.Store. A draft past its ExpiresAt is still returned.
func (s *Setup) Draft(ctx context.Context, account psa.AccountID) (setup.Draft, error) {
	it, err := getAs[draftItem](ctx, s.db, draftKey(account))
	if err != nil {
		return setup.Draft{}, fmt.Errorf("draft: %w", err)
	}
	return it.draft(account), nil
}

// PutDraft implements setup.Store.
func (s *Setup) PutDraft(ctx context.Context, d setup.Draft, drop setup.SecretNote) (setup.Draft, error) {
	seen := d.Rev
	d.Rev++
	tx := s.db.begin()
	tx.putRev(newDraftItem(d), seen)
	tx.dropNote(drop)
	if err := tx.commit(ctx); err != nil {
		return setup.Draft{}, fmt.Errorf("put draft: %w", err)
	}
	return d, nil
}

// DeleteDraft implements setup.Store.
func (s *Setup) DeleteDraft(ctx context.Context, d setup.Draft, note setup.SecretNote) error {
	tx := s.db.begin()
	tx.delete(draftKey(d.Account), "#rev = :rev", with{"rev": d.Rev})
	tx.addNote(note)
	if err := tx.commit(ctx); err != nil {
		return fmt.Errorf("delete draft: %w", err)
	}
	return nil
}

// Activate implements setup.Store.
func (s *Setup) Activate(ctx context.Context, c setup.Connection, d setup.Draft, e psa.CallbackEndpoint, takeover bool) (setup.Connection, error) {
	seen := c.Rev
	c.Rev++
	tx := s.db.begin()
	connection := tx.putRev(newConnectionItem(c), seen)
	draft := tx.delete(draftKey(d.Account), "#rev = :rev", with{"rev": d.Rev})
	tx.put(newCallbackItem(e), "", nil)
	tx.put(newSyncItem(setup.FirstSchedule(c)), "", nil)
	departure := tx.delete(departureKey(c.Scope()), "attribute_not_exists(#pk) OR #state = :kept", with{"kept": setup.Kept})
	claim := tx.claim(c, takeover)
	err := tx.commit(ctx)
	// Whose draft is gone lost to itself, not to the other account.
	if failedAt(err, claim) && !failedAt(err, connection) && !failedAt(err, draft) && !failedAt(err, departure) {
		return setup.Connection{}, fmt.Errorf("activate: claimed by another account: %w", psa.ErrBusy)
	}
	if err != nil {
		return setup.Connection{}, fmt.Errorf("activate: %w", err)
	}
	return c, nil
}

func (tx *transaction) claim(c setup.Connection, takeover bool) int {
	id := c.Endpoint.Identity
	it := claimItem{
		key: claimKey(id), V: version, Site: id.Site, CompanyID: id.CompanyID, Account: c.Account,
		By: c.EnabledBy, At: nanos(c.EnabledAt),
	}
	if takeover {
		return tx.put(it, "", nil)
	}
	return tx.put(it, "attribute_not_exists(#pk) OR #account = :account", with{"account": c.Account})
}

// UpdateConnection implements setup.Store.
func (s *Setup) UpdateConnection(ctx context.Context, c setup.Connection, drop, add setup.SecretNote) (setup.Connection, error) {
	seen := c.Rev
	c.Rev++
	tx := s.db.begin()
	tx.putRev(newConnectionItem(c), seen)
	if drop.Name != add.Name {
		tx.dropNote(drop)
	}
	tx.addNote(add)
	if err := tx.commit(ctx); err != nil {
		return setup.Connection{}, fmt.Errorf("update connection: %w", err)
	}
	return c, nil
}

// putRev writes an item whose stored revision is seen; 0 is none.
func (tx *transaction) putRev(v any, seen int64) int {
	if seen == 0 {
		return tx.put(v, "attribute_not_exists(#pk)", nil)
	}
	return tx.put(v, "#rev = :seen", with{"seen": seen})
}

// dropNote and addNote do nothing for a note without a name.
func (tx *transaction) dropNote(n setup.SecretNote) {
	if n.Name != "" {
		tx.delete(secretKey(n.Account, n.Name), "", nil)
	}
}

func (tx *transaction) addNote(n setup.SecretNote) {
	if n.Name != "" {
		tx.put(newNoteItem(n), "", nil)
	}
}

// Claim implements setup.Store.
func (s *Setup) Claim(ctx context.Context, identity psa.Identity) (setup.Claim, error) {
	it, err := getAs[claimItem](ctx, s.db, claimKey(identity))
	if err != nil {
		return setup.Claim{}, fmt.Errorf("claim: %w", err)
	}
	return setup.Claim{
		Identity: psa.Identity{Site: it.Site, CompanyID: it.CompanyID}, Account: it.Account,
		ClaimedBy: it.By, ClaimedAt: fromNanos(it.At),
	}, nil
}

// NoteSecret implements setup.Store.
func (s *Setup) NoteSecret(ctx context.Context, n setup.SecretNote) error {
	it, err := marshal(newNoteItem(n))
	if err != nil {
		return err
	}
	if err := s.db.put(ctx, it, "", nil); err != nil {
		return fmt.Errorf("note secret: %w", err)
	}
	return nil
}

// ForgetSecret implements setup.Store.
func (s *Setup) ForgetSecret(ctx context.Context, n setup.SecretNote) error {
	if err := s.db.delete(ctx, secretKey(n.Account, n.Name), "", nil); err != nil {
		return fmt.Errorf("forget secret: %w", err)
	}
	return nil
}

// DueSecrets implements setup.Store.
func (s *Setup) DueSecrets(ctx context.Context, now time.Time, limit int) ([]setup.SecretNote, error) {
	due, err := s.db.due(ctx, dueSecrets, now, limit)
	if err != nil {
		return nil, fmt.Errorf("due secrets: %w", err)
	}
	notes := make([]setup.SecretNote, len(due))
	for i, d := range due {
		account := unescape(strings.TrimPrefix(d.PK, accountPK("")))
		at, err := strconv.ParseInt(d.DSK, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("due secrets: key %q: %w", d.DSK, psa.ErrInvalid)
		}
		notes[i] = setup.SecretNote{
			Account: psa.AccountID(account), Name: strings.TrimPrefix(d.SK, secretSK), SweepAt: fromNanos(at),
		}
	}
	return notes, nil
}

// CallbackEndpoint implements setup.Store.
func (s *Setup) CallbackEndpoint(ctx context.Context, connectionID string) (psa.CallbackEndpoint, error) {
	it, err := getAs[callbackItem](ctx, s.db, callbackKey(connectionID))
	if err != nil {
		return psa.CallbackEndpoint{}, fmt.Errorf("callback endpoint: %w", err)
	}
	return psa.CallbackEndpoint{
		ConnectionID: connectionID, Scope: psa.Scope{Account: it.Account, Generation: it.Generation},
		CompanyID: it.CompanyID, TokenHashes: it.Hashes, Paused: it.Paused,
	}, nil
}

// PutCallbackEndpoint implements setup.Store.
func (s *Setup) PutCallbackEndpoint(ctx context.Context, e psa.CallbackEndpoint) error {
	_, err := s.db.update(ctx, update{
		key: callbackKey(e.ConnectionID),
		set: with{
			"v": version, "account": e.Scope.Account, "generation": e.Scope.Generation, "companyId": e.CompanyID, "hashes": e.TokenHashes,
		},
		cond: "attribute_exists(#pk)",
	})
	if err != nil {
		return fmt.Errorf("put callback endpoint: %w", missing(err))
	}
	return nil
}
