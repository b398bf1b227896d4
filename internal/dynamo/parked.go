package dynamo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/psabridge/psabridge/internal/callback"
	"github.com/psabridge/psabridge/internal/psa"
)

// Callbacks keeps what workers of callbacks share: parked records and limits.
type Callbacks struct{ db *table }

var (
	_ callback.Lot    = (*Callbacks)(nil)
	_ callback.Limits = (*Callbacks)(nil)
)

// Callbacks implements callback.Lot and callback.Limits.
func (s *Store) Callbacks() *Callbacks { return &Callbacks{db: s.db} }

// dueLots is the due index of lots.
const dueLots = "parked"

// A lot is one partition: the records, the verified first, and then the lot's
// own item. A type of an account is told of a few times a second at most.
const (
	verifiedSK   = "0#"
	unverifiedSK = "1#"
	lotSK        = "lot"
)

func lotPK(s psa.Scope, t psa.DataType) string { return typePK(s, t) + "#parked" }

func lotKey(k callback.LotKey) key { return key{lotPK(k.Scope, k.Type), lotSK} }

func parkedKey(k callback.LotKey, p callback.Parked) key {
	prefix := verifiedSK
	if p.Unverified {
		prefix = unverifiedSK
	}
	return key{lotPK(k.Scope, k.Type), prefix + paddedID(p.ID)}
}

// parkedItem is a parked record.
type parkedItem struct {
	key
	V       int   `dynamodbav:"v"`
	AsOf    int64 `dynamodbav:"asOf"`
	Merged  bool  `dynamodbav:"merged,omitempty"`
	Expires int64 `dynamodbav:"expiresAt"`
}

func (it parkedItem) parked() (callback.Parked, error) {
	prefix, id, _ := strings.Cut(it.SK, "#")
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return callback.Parked{}, fmt.Errorf("parked record %q: %w", it.SK, psa.ErrInvalid)
	}
	return callback.Parked{
		ID: psa.RecordID(n), AsOf: fromNanos(it.AsOf), Merged: it.Merged, Unverified: prefix+"#" == unverifiedSK,
	}, nil
}

// lotItem says when the tick looks at a lot.
type lotItem struct {
	key
	Account    psa.AccountID  `dynamodbav:"account"`
	Generation psa.Generation `dynamodbav:"generation"`
	Type       psa.DataType   `dynamodbav:"type"`
	Rev        string         `dynamodbav:"rev"`
	LookAt     int64          `dynamodbav:"lookAt"`
}

// Park implements callback.Lot. The record comes first and the lot second: a
// sweep that finds nothing cannot close a lot between them for good.
func (c *Callbacks) Park(ctx context.Context, k callback.LotKey, p callback.Parked, lookAt time.Time) error {
	if err := c.parkRecord(ctx, k, p); err != nil {
		return fmt.Errorf("park: %w", err)
	}
	lot := lotKey(k)
	got, err := c.db.update(ctx, update{key: lot, set: with{
		"v": version, "account": k.Scope.Account, "generation": k.Scope.Generation, "type": k.Type, "rev": rand.Text(),
	}})
	if err != nil {
		return fmt.Errorf("park: %w", err)
	}
	if text(got, "dsk") != "" {
		return nil // the tick looks at it
	}
	if _, err := c.Look(ctx, k, lookAt); err != nil && !errors.Is(err, psa.ErrNotFound) {
		return err
	}
	return nil
}

// parkRecord keeps the later AsOf, and Merged once it was said.
func (c *Callbacks) parkRecord(ctx context.Context, k callback.LotKey, p callback.Parked) error {
	told := update{
		key:  parkedKey(k, p),
		set:  with{"v": version, "asOf": nanos(p.AsOf), "expiresAt": expiry(c.db.now(), keepFor)},
		cond: "attribute_not_exists(#asOf) OR #asOf < :asOf",
	}
	hint := update{key: told.key, set: with{"merged": true}, cond: "attribute_exists(#asOf)"}
	if p.Merged {
		told.set["merged"] = true
	}
	var err error
	for range raceTries {
		if _, err = c.db.update(ctx, told); err == nil || !errors.Is(err, psa.ErrConflict) || !p.Merged {
			break
		}
		// It was told of later, and that stays; should it go meanwhile, it is parked anew.
		if _, err = c.db.update(ctx, hint); !errors.Is(err, psa.ErrConflict) {
			break
		}
	}
	if errors.Is(err, psa.ErrConflict) {
		return nil
	}
	return err
}

// Parked implements callback.Lot.
func (c *Callbacks) Parked(ctx context.Context, k callback.LotKey, unverified bool, limit int) ([]callback.Parked, error) {
	prefix := verifiedSK
	if unverified {
		prefix = unverifiedSK
	}
	items, _, err := c.db.page(ctx, query{
		pk: lotPK(k.Scope, k.Type), cond: "begins_with(#sk, :prefix)", with: with{"prefix": prefix},
	}, limit)
	if err != nil {
		return nil, fmt.Errorf("parked records: %w", err)
	}
	found, err := unmarshalAll[parkedItem](items)
	if err != nil {
		return nil, err
	}
	out := make([]callback.Parked, len(found))
	for i, it := range found {
		if out[i], err = it.parked(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Unpark implements callback.Lot.
func (c *Callbacks) Unpark(ctx context.Context, k callback.LotKey, p callback.Parked) error {
	tx := c.db.begin()
	cond := "attribute_not_exists(#pk) OR #asOf <= :asOf"
	if !p.Merged {
		cond = "attribute_not_exists(#pk) OR #asOf <= :asOf AND attribute_not_exists(#merged)"
	}
	tx.delete(parkedKey(k, p), cond, with{"asOf": nanos(p.AsOf)})
	if err := tx.commit(ctx); err != nil && !errors.Is(err, psa.ErrConflict) {
		return fmt.Errorf("unpark: %w", err)
	}
	return nil
}

// Look implements callback.Lot.
func (c *Callbacks) Look(ctx context.Context, k callback.LotKey, at time.Time) (string, error) {
	lot := lotKey(k)
	got, err := c.db.update(ctx, update{
		key: lot, cond: "attribute_exists(#pk)",
		set: with{"lookAt": nanos(at), "dpk": duePK(dueLots, lot), "dsk": paddedTime(at)},
	})
	if err != nil {
		return "", fmt.Errorf("look at what is parked: %w", missing(err))
	}
	return text(got, "rev"), nil
}

// Close implements callback.Lot.
func (c *Callbacks) Close(ctx context.Context, k callback.LotKey, rev string) error {
	tx := c.db.begin()
	tx.delete(lotKey(k), "attribute_not_exists(#pk) OR #rev = :rev", with{"rev": rev})
	if err := tx.commit(ctx); err != nil {
		return fmt.Errorf("close what was parked: %w", err)
	}
	return nil
}

// DueLots implements callback.Lot.
func (c *Callbacks) DueLots(ctx context.Context, now time.Time, limit int) ([]callback.LotKey, error) {
	items, err := dueAs[lotItem](ctx, c.db, dueLots, now, limit)
	if err != nil {
		return nil, fmt.Errorf("due lots: %w", err)
	}
	var keys []callback.LotKey
	for _, it := range items {
		if it.LookAt <= nanos(now) {
			keys = append(keys, callback.LotKey{Scope: psa.Scope{Account: it.Account, Generation: it.Generation}, Type: it.Type})
		}
	}
	return keys, nil
}

func limitsPK(s psa.Scope) string { return scopePK(s) + "#limits" }

// Allow implements callback.Limits: one counter a minute, which goes by itself.
func (c *Callbacks) Allow(ctx context.Context, scope psa.Scope, what string, now time.Time, limit int) (bool, error) {
	minute := now.UTC().Truncate(time.Minute)
	_, err := c.db.update(ctx, update{
		key: key{limitsPK(scope), escape(what) + "#" + paddedTime(minute)}, inc: []string{"n"},
		set:  with{"v": version, "expiresAt": expiry(minute, time.Hour)},
		cond: "attribute_not_exists(#n) OR #n < :limit", with: with{"limit": limit},
	})
	if errors.Is(err, psa.ErrConflict) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("count against a limit: %w", err)
	}
	return true, nil
}
