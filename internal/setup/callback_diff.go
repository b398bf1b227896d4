package setup

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/psabridge/psabridge/internal/psa"
)

// CallbackPath begins the path of every callback URL of a connection. The id
// is ours alone, so it tells our registrations from all others.
func CallbackPath(connectionID string) string { return "/callbacks/" + connectionID + "/" }

// callbackQuery ends every callback URL: ConnectWise appends the record's id
// to it as it is.
const callbackQuery = "?recordId="

// Registration is a callback of ours as ConnectWise has it.
type Registration struct {
	ID psa.RecordID
	// Type is "" for one that this code does not know.
	Type psa.DataType
	URL  string
	// Inactive is set if ConnectWise does not call it (any more), Changed if
	// it is not as Register registers it, but for the URL.
	Inactive, Changed bool
}

// difference is what lies between what ConnectWise shall call and what it does.
type difference struct {
	// endpoint is as stored, without tokens that nothing uses any more.
	endpoint psa.CallbackEndpoint
	// unused is set if there were such tokens.
	unused  bool
	found   []finding
	surplus []Registration
}

// missing are the types that must be registered.
func (d difference) missing() []psa.DataType {
	var names []psa.DataType
	for _, f := range d.found {
		if f.state != CallbackActive {
			names = append(names, f.typ)
		}
	}
	return names
}

// sound reports whether nothing has to be done at ConnectWise.
func (d difference) sound() bool { return len(d.missing()) == 0 && len(d.surplus) == 0 }

// mended is what will be found once everything missing is registered.
func (d difference) mended() []finding {
	out := slices.Clone(d.found)
	for i := range out {
		out[i].state = CallbackActive
	}
	return out
}

// lookAtCallbacks compares what ConnectWise calls with what it shall call.
func (s *Service) lookAtCallbacks(ctx context.Context, c Connection) (difference, error) {
	have, err := s.Callbacks.Registrations(ctx, c)
	if err != nil {
		return difference{}, fmt.Errorf("list callbacks: %w", err)
	}
	e, err := s.endpointOf(ctx, c)
	if err != nil {
		return difference{}, err
	}
	base := c.PublicURL + CallbackPath(c.ID)
	d := s.types.difference(c.Types, have, func(r Registration) bool { return leadsHere(r.URL, base, e.TokenHashes) })
	d.endpoint = e
	d.endpoint.TokenHashes = inUse(e.TokenHashes, have)
	d.unused = len(d.endpoint.TokenHashes) < len(e.TokenHashes)
	return d, nil
}

// difference goes through the types that ConnectWise could call us for. Of
// each it keeps one registration that is right; all others of ours are
// surplus, but those of types that newer code beside this one may know.
func (c catalog) difference(names []psa.DataType, have []Registration, right func(Registration) bool) difference {
	var d difference
	kept := map[psa.RecordID]bool{}
	for _, name := range names {
		if t, ok := c.named(name); !ok || !t.Callback {
			continue
		}
		f := finding{typ: name, state: CallbackMissing}
		for _, r := range have {
			if r.Type != name {
				continue
			}
			if f.state = r.state(right); f.state == CallbackActive {
				kept[r.ID] = true
				break
			}
		}
		d.found = append(d.found, f)
	}
	for _, r := range have {
		if r.Type != "" && !kept[r.ID] {
			d.surplus = append(d.surplus, r)
		}
	}
	return d
}

func (r Registration) state(right func(Registration) bool) TypeCallbackState {
	switch {
	case r.Inactive:
		return CallbackInactive
	case r.Changed || !right(r):
		return CallbackChanged
	default:
		return CallbackActive
	}
}

// leadsHere reports whether the receiver takes what is posted to callbackURL.
func leadsHere(callbackURL, base string, hashes []string) bool {
	token, ok := strings.CutPrefix(callbackURL, base)
	token, ended := strings.CutSuffix(token, callbackQuery)
	return ok && ended && slices.Contains(hashes, hashOf(token))
}

// inUse drops the hashes of tokens that no registration uses. The newest
// stays: whoever stored it may be about to register it.
func inUse(hashes []string, have []Registration) []string {
	var kept []string
	for i, hash := range hashes {
		used := slices.ContainsFunc(have, func(r Registration) bool { return hashOf(tokenIn(r.URL)) == hash })
		if used || i == len(hashes)-1 {
			kept = append(kept, hash)
		}
	}
	return kept
}

// tokenIn is the token in a callback URL: the last part of its path.
func tokenIn(callbackURL string) string {
	u, err := url.Parse(callbackURL)
	if err != nil {
		return ""
	}
	return u.Path[strings.LastIndex(u.Path, "/")+1:]
}

// callable are those of names that ConnectWise could call us for.
func (c catalog) callable(names []psa.DataType) []psa.DataType {
	var out []psa.DataType
	for _, name := range names {
		if t, ok := c.named(name); ok && t.Callback {
			out = append(out, name)
		}
	}
	return out
}
