package httpapi

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
)

// Person is somebody who acted for the account. Wherever an answer says who did
// something, it says the person's id.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type peopleOutput struct {
	Body struct {
		Items []Person `json:"items" nullable:"false"`
	} `nameHint:"People"`
}

func (a *api) registerPeople() {
	add(a, operation{
		id: "listPeople", method: "GET", path: "/v1/people", tag: "Me", access: reads,
		summary: "What those are called who changed something, by the ids that stand in other answers",
	}, a.people)
}

func (a *api) people(ctx context.Context, _ *struct{}) (*peopleOutput, error) {
	names, err := a.People.All(ctx, callerOf(ctx).account)
	if err != nil {
		return nil, err
	}
	out := &peopleOutput{}
	out.Body.Items = []Person{}
	for id, name := range names {
		out.Body.Items = append(out.Body.Items, Person{id, name})
	}
	slices.SortFunc(out.Body.Items, func(a, b Person) int { return strings.Compare(a.Name+a.ID, b.Name+b.ID) })
	return out, nil
}

// maxName is how much of a name is kept, in characters.
const maxName = 100

// nameOf is what a token says that its person is called; "" if it does not.
func nameOf(claims map[string]string) string {
	for _, claim := range []string{"name", "email"} {
		name := []rune(strings.TrimSpace(strings.Map(printable, strings.ToValidUTF8(claims[claim], ""))))
		if len(name) > 0 {
			return string(name[:min(len(name), maxName)])
		}
	}
	return ""
}

func printable(r rune) rune {
	if !unicode.IsPrint(r) {
		return -1
	}
	return r
}

const (
	// rememberedFor is how long a process need not note a name again.
	rememberedFor = 24 * time.Hour
	maxRemembered = 10_000
)

// remembered are the names that this process has noted.
type remembered struct {
	mu    sync.Mutex
	until map[named]time.Time
}

// named is a name and whose it is.
type named struct{ account, subject, name string }

func (r *remembered) has(c named, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return now.Before(r.until[c])
}

func (r *remembered) add(c named, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.until == nil || len(r.until) >= maxRemembered {
		r.until = map[named]time.Time{}
	}
	r.until[c] = now.Add(rememberedFor)
}

// remember notes the caller's name before the caller changes something.
func (a *api) remember(ctx context.Context, c caller) error {
	key := named{string(c.account), c.subject, c.name}
	if c.name == "" || c.subject == "" || a.remembered.has(key, a.Now()) {
		return nil
	}
	if err := a.People.Remember(ctx, c.account, c.subject, c.name); err != nil {
		return err
	}
	a.remembered.add(key, a.Now())
	return nil
}
