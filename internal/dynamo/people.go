package dynamo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// keepPeople is how long somebody who does nothing any more is known by name:
// longer than the log tells of them.
const keepPeople = 400 * 24 * time.Hour

// maxPeople bounds what one answer tells.
const maxPeople = 1000

const personSK = "person#"

func personKey(a psa.AccountID, subject string) key {
	return key{accountPK(a), personSK + escape(subject)}
}

// personItem is what somebody who acted for an account is called.
type personItem struct {
	key
	V       int    `dynamodbav:"v"`
	Name    string `dynamodbav:"name"`
	Expires int64  `dynamodbav:"expiresAt"`
}

// Persons keeps what those who act for an account are called, by the issuer's ids,
// which are all that is stored elsewhere.
type Persons struct{ db *table }

// Persons is the part of the store that keeps names of people.
func (s *Store) Persons() *Persons { return &Persons{db: s.db} }

// Remember notes what a person of the account is called.
func (p *Persons) Remember(ctx context.Context, account psa.AccountID, subject, name string) error {
	k := personKey(account, subject)
	if !k.valid() {
		return fmt.Errorf("person: %w", psa.ErrInvalid)
	}
	it, err := marshal(personItem{key: k, V: version, Name: name, Expires: expiry(p.db.now(), keepPeople)})
	if err != nil {
		return err
	}
	if err := p.db.put(ctx, it, "", nil); err != nil {
		return fmt.Errorf("remember a person: %w", err)
	}
	return nil
}

// All returns what the people of an account are called, by subject.
func (p *Persons) All(ctx context.Context, account psa.AccountID) (map[string]string, error) {
	q := query{pk: accountPK(account), cond: "begins_with(#sk, :person)", with: with{"person": personSK}}
	items, _, err := p.db.page(ctx, q, maxPeople)
	if err != nil {
		return nil, fmt.Errorf("names of people: %w", err)
	}
	people, err := unmarshalAll[personItem](items)
	if err != nil {
		return nil, err
	}
	names := make(map[string]string, len(people))
	for _, it := range people {
		names[unescape(strings.TrimPrefix(it.SK, personSK))] = it.Name
	}
	return names, nil
}
