package dynamo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
)

// departureItem is a connection that was taken down. It stands in the due
// index while something is left to do.
type departureItem struct {
	key
	V          int                  `dynamodbav:"v"`
	Account    psa.AccountID        `dynamodbav:"account"`
	Connection connectionItem       `dynamodbav:"connection"`
	By         string               `dynamodbav:"by,omitempty"`
	At         int64                `dynamodbav:"at"`
	State      setup.DepartureState `dynamodbav:"state"`
	Erase      bool                 `dynamodbav:"erase,omitempty"`
	Remaining  []psa.DataType       `dynamodbav:"remaining,omitempty"`
	Warning    *setup.Warning       `dynamodbav:"warning,omitempty"`
	LookAt     int64                `dynamodbav:"lookAt,omitempty"`
	DPK        string               `dynamodbav:"dpk,omitempty"`
	DSK        string               `dynamodbav:"dsk,omitempty"`
	Rev        int64                `dynamodbav:"rev"`
}

func newDepartureItem(d setup.Departure) departureItem {
	it := departureItem{
		key: departureKey(d.Connection.Scope()), V: version, Account: d.Connection.Account,
		Connection: newConnectionItem(d.Connection), By: d.By, At: nanos(d.At), State: d.State, Erase: d.Erase,
		Remaining: d.Remaining, Warning: d.Warning, LookAt: nanos(d.LookAt), Rev: d.Rev,
	}
	if !d.LookAt.IsZero() {
		it.DPK, it.DSK = duePK(dueDepartures, it.key), paddedTime(d.LookAt)
	}
	return it
}

func (it departureItem) departure() setup.Departure {
	return setup.Departure{
		Connection: it.Connection.connection(it.Account), By: it.By, At: fromNanos(it.At), State: it.State, Erase: it.Erase,
		Remaining: it.Remaining, Warning: it.Warning, LookAt: fromNanos(it.LookAt), Rev: it.Rev,
	}
}

// Depart implements setup.Store.
func (s *Setup) Depart(ctx context.Context, d setup.Departure, draft *setup.Draft, notes []setup.SecretNote) (setup.Departure, error) {
	c := d.Connection
	claim, err := s.Claim(ctx, c.Endpoint.Identity)
	if err != nil && !errors.Is(err, psa.ErrNotFound) {
		return setup.Departure{}, fmt.Errorf("depart: %w", err)
	}
	d.Rev = 1
	tx := s.db.begin()
	tx.delete(connectionKey(c.Account), "#rev = :rev", with{"rev": c.Rev})
	tx.delete(callbackKey(c.ID), "", nil)
	tx.delete(syncKey(c.Account), "", nil)
	tx.delete(usageKey(c.Scope()), "", nil)
	if err == nil && claim.Account == c.Account {
		tx.delete(claimKey(c.Endpoint.Identity), "#account = :account", with{"account": c.Account})
	}
	if draft != nil {
		tx.delete(draftKey(draft.Account), "#rev = :rev", with{"rev": draft.Rev})
	}
	tx.put(newDepartureItem(d), "attribute_not_exists(#pk)", nil)
	for _, n := range notes {
		tx.addNote(n)
	}
	if err := tx.commit(ctx); err != nil {
		return setup.Departure{}, fmt.Errorf("depart: %w", err)
	}
	return d, nil
}

// Departure implements setup.Store.
func (s *Setup) Departure(ctx context.Context, account psa.AccountID) (setup.Departure, error) {
	items, _, err := s.db.page(ctx, query{
		pk: accountPK(account), cond: "begins_with(#sk, :prefix)", with: with{"prefix": departureSK}, backward: true,
	}, 1)
	if err != nil {
		return setup.Departure{}, fmt.Errorf("departure: %w", err)
	}
	if len(items) == 0 {
		return setup.Departure{}, fmt.Errorf("departure: %w", psa.ErrNotFound)
	}
	it, err := unmarshal[departureItem](items[0])
	if err != nil {
		return setup.Departure{}, fmt.Errorf("departure: %w", err)
	}
	return it.departure(), nil
}

// UpdateDeparture implements setup.Store.
func (s *Setup) UpdateDeparture(ctx context.Context, d setup.Departure) (setup.Departure, error) {
	seen := d.Rev
	d.Rev++
	tx := s.db.begin()
	tx.putRev(newDepartureItem(d), seen)
	if err := tx.commit(ctx); err != nil {
		return setup.Departure{}, fmt.Errorf("update departure: %w", err)
	}
	return d, nil
}

// DueDepartures implements setup.Store.
func (s *Setup) DueDepartures(ctx context.Context, now time.Time, limit int) ([]setup.Departure, error) {
	items, err := dueAs[departureItem](ctx, s.db, dueDepartures, now, limit)
	if err != nil {
		return nil, fmt.Errorf("due departures: %w", err)
	}
	var due []setup.Departure
	for _, it := range items {
		if it.LookAt != 0 && it.LookAt <= nanos(now) {
			due = append(due, it.departure())
		}
	}
	return due, nil
}
