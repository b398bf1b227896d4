package setup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/psabridge/psabridge/internal/filter"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// FilterOf says whose filter is meant.
type FilterOf string

// A draft's filter is used once the draft is enabled.
const (
	OfDraft      FilterOf = "draft"
	OfConnection FilterOf = "connection"
)

// Filters is the filter of the draft or of the enabled connection.
type Filters struct {
	Of     FilterOf
	Filter filter.Filter
	// Scope is what the filter is applied to, Key its Connection.FilterKey, By
	// and At say who chose it; all are zero for a draft's.
	Scope psa.Scope
	Key   string
	By    string
	At    time.Time
	// Tag changes with the filter and with the ConnectWise that it is of.
	Tag string
}

// FilterKey is another with every change of the filter, also where a person
// goes back to one that was chosen before: records may have been decided by the
// one between.
func (c Connection) FilterKey() string {
	if c.FilterAt.IsZero() {
		return c.Filter.Key()
	}
	return fmt.Sprintf("%s@%d", c.Filter.Key(), c.FilterAt.UnixNano())
}

// FilterChange is what the sync's log tells of a change.
type FilterChange struct {
	Before, After filter.Filter
	By            string
	At            time.Time
}

// String names the choices by their ids.
func (c FilterChange) String() string {
	text := func(f filter.Filter) string {
		if f.All() {
			return "every company"
		}
		b, err := json.Marshal(f)
		if err != nil {
			return "?" // lists of numbers have a form
		}
		return string(b)
	}
	return text(c.Before) + " -> " + text(c.After)
}

// filterTries bounds how often storing a filter tries again where the tick
// changed the connection at the same moment.
const filterTries = 3

// Filters returns the filter of one of both; of "" is the draft's where there
// is a draft, for whoever walks the wizard, and else the connection's.
func (s *Service) Filters(ctx context.Context, account psa.AccountID, of FilterOf) (Filters, error) {
	have, err := s.load(ctx, account)
	if err != nil {
		return Filters{}, err
	}
	return have.filters(of)
}

func (h stored) filters(of FilterOf) (Filters, error) {
	switch {
	case h.draft != nil && of != OfConnection:
		return Filters{Of: OfDraft, Filter: h.draft.Filter, Tag: filterTag(OfDraft, h.draft.Endpoint, 0, h.draft.Filter)}, nil
	case h.conn != nil && of != OfDraft:
		c := h.conn
		return Filters{
			Of: OfConnection, Filter: c.Filter, Scope: c.Scope(), Key: c.FilterKey(), By: c.FilterBy, At: c.FilterAt,
			Tag: filterTag(OfConnection, c.Endpoint, c.Generation, c.Filter),
		}, nil
	default:
		return Filters{}, notConnected()
	}
}

// filterTag is not the connection's Tag: the tick changes that while a person
// chooses. Ids mean something in one ConnectWise only.
func filterTag(of FilterOf, e Endpoint, g psa.Generation, f filter.Filter) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %d %s", of, e.Identity.Key(), g, f.Key()))
	return hex.EncodeToString(sum[:8])
}

// SetFilter stores the filter of the draft or the connection; see Filters. A
// connection's is applied at once: what is being read by the former one is
// cancelled, and every enabled type is read again. The runs are due with the
// write that stores the filter, so that the tick asks for them should this
// process die before it does. Storing what is stored changes nothing.
func (s *Service) SetFilter(
	ctx context.Context, account psa.AccountID, by string, of FilterOf, f filter.Filter, ifMatch string,
) (Filters, error) {
	f, err := f.Clean()
	if err != nil {
		return Filters{}, err
	}
	for range filterTries {
		have, err := s.load(ctx, account)
		if err != nil {
			return Filters{}, err
		}
		now, err := have.filters(of)
		if err != nil {
			return Filters{}, err
		}
		if ifMatch != "" && ifMatch != now.Tag {
			return Filters{}, problem.New(problem.Stale, "Somebody changed the filters since you opened this page; yours were not saved.",
				"Reload to see the present filters, then make your change again.")
		}
		if now.Filter.Key() == f.Key() {
			return now, nil
		}
		err = s.storeFilter(ctx, &have, by, now.Of, f)
		if !errors.Is(err, psa.ErrConflict) {
			return filtersAfter(have, now.Of, err)
		}
	}
	return Filters{}, conflict(psa.ErrConflict)
}

func filtersAfter(have stored, of FilterOf, err error) (Filters, error) {
	if err != nil {
		return Filters{}, err
	}
	return have.filters(of)
}

func (s *Service) storeFilter(ctx context.Context, have *stored, by string, of FilterOf, f filter.Filter) error {
	if of == OfDraft {
		d := *have.draft
		d.Filter = f
		d, err := s.Store.PutDraft(ctx, d, SecretNote{})
		if err != nil {
			return fmt.Errorf("store the draft's filter: %w", err)
		}
		have.draft = &d
		return nil
	}
	now, c := s.now(), *have.conn
	change := FilterChange{Before: c.Filter, After: f, By: by, At: now}
	c.Filter, c.FilterBy, c.FilterAt = f, by, now
	c, err := s.Store.SetFilter(ctx, c, Schedule{Scope: c.Scope(), Due: now, LookAt: now}, change)
	if err != nil {
		return fmt.Errorf("store the filter: %w", err)
	}
	have.conn = &c
	if c.Pause.Sync {
		return nil // the runs that end the pause are planned by the new filter
	}
	if err := s.Runner.Refilter(ctx, c.Scope(), c.Types, by); err != nil {
		return fmt.Errorf("read by the new filter: %w", err)
	}
	return nil
}

// filterFor is what a new draft begins with: what was chosen for the same
// ConnectWise before.
func (h stored) filterFor(e Endpoint) filter.Filter {
	if h.draft != nil && h.draft.Endpoint.same(e) {
		return h.draft.Filter
	}
	if before := h.before(e); before != nil {
		return before.Filter
	}
	return filter.Filter{}
}
