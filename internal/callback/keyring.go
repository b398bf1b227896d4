package callback

import (
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

const (
	// maxKeys bounds the keys that a process remembers.
	maxKeys = 256
	// keyLife is how long a key is used, missingLife how long one that could
	// not be had is not asked for again, and doubtLife how old a key must be
	// for a signature that does not fit it to lead to another look.
	keyLife     = time.Hour
	missingLife = time.Minute
	doubtLife   = time.Minute
)

// keyring remembers signing keys by connection and URL. It is safe for
// concurrent use; of those who want the same key one fetches it.
type keyring struct {
	now    func() time.Time
	flight singleflight.Group

	mu   sync.Mutex // guards the rest
	held map[keyID]heldKey
}

// keyID names a key: the same URL of another connection is another key.
type keyID struct{ connection, url string }

// heldKey is a key, or why there is none.
type heldKey struct {
	mac mac
	err error
	at  time.Time
}

func (h heldKey) life() time.Duration {
	if h.err != nil {
		return missingLife
	}
	return keyLife
}

func newKeyring(now func() time.Time) *keyring {
	return &keyring{now: now, held: map[keyID]heldKey{}}
}

// cached returns the key if it is at hand and not older than maxAge.
func (r *keyring) cached(id keyID, maxAge time.Duration) (heldKey, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	h, ok := r.held[id]
	return h, ok && r.now().Sub(h.at) < min(h.life(), maxAge)
}

// fetch returns a key that is not older than maxAge, and has get ask for it if
// there is none. An error is remembered as well, for a while.
func (r *keyring) fetch(id keyID, maxAge time.Duration, get func() (key string, err error)) heldKey {
	got, _, _ := r.flight.Do(id.connection+"\x00"+id.url, func() (any, error) {
		if h, ok := r.cached(id, maxAge); ok {
			return h, nil // somebody was faster
		}
		h := heldKey{at: r.now()}
		key, err := get()
		if err != nil {
			h.err = err
		} else {
			h.mac = macOf(key)
		}
		r.keep(id, h)
		return h, nil
	})
	return got.(heldKey) //nolint:forcetypeassert // what was returned above
}

// keep remembers a key, in place of the oldest if there are too many.
func (r *keyring) keep(id keyID, h heldKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.held[id]; !ok && len(r.held) >= maxKeys {
		oldest := id
		for k, have := range r.held {
			if oldest == id || have.at.Before(r.held[oldest].at) {
				oldest = k
			}
		}
		delete(r.held, oldest)
	}
	r.held[id] = h
}
