package usagetest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

// Settings implements usage.Ledger.
func (m *Memory) Settings(_ context.Context, scope psa.Scope) (usage.Settings, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.settings[scope]
	s := r.read(m.known())
	s.Rev = r.rev
	return s, nil
}

// PutSettings implements usage.Ledger.
func (m *Memory) PutSettings(_ context.Context, scope psa.Scope, s usage.Settings) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.settings[scope].revise(s.Rev, s)
	if err != nil {
		return err
	}
	m.writes++
	put(&m.settings, scope, r)
	return nil
}

// Routes implements usage.Ledger.
func (m *Memory) Routes(_ context.Context, scope psa.Scope) (map[usage.TenantID]usage.Routes, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[usage.TenantID]usage.Routes{}
	for tenant, r := range m.routes[scope] {
		out[tenant] = usage.Routes{Tenant: tenant, Routes: r.read(m.known()), Rev: r.rev}
	}
	return out, nil
}

// PutRoutes implements usage.Ledger.
func (m *Memory) PutRoutes(_ context.Context, scope psa.Scope, x usage.Routes, entries ...usage.Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	of := m.routes[scope]
	r, err := of[x.Tenant].revise(x.Rev, x.Routes)
	if err != nil {
		return err
	}
	put(&of, x.Tenant, r)
	put(&m.routes, scope, of)
	m.note(scope, entries)
	return nil
}

// Series implements usage.Ledger.
func (m *Memory) Series(_ context.Context, scope psa.Scope, agreement psa.RecordID) (map[usage.SeriesKey]usage.Series, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[usage.SeriesKey]usage.Series{}
	for k, r := range m.series[scope] {
		if agreement != 0 && k.Agreement != agreement {
			continue
		}
		s := r.read(m.known())
		s.Rev = r.rev
		out[k] = s
	}
	return out, nil
}

// PutSeries implements usage.Ledger.
func (m *Memory) PutSeries(_ context.Context, s usage.Series, entries ...usage.Entry) (usage.Series, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	of := m.series[s.Scope]
	r, err := of[s.Key].revise(s.Rev, s)
	if err != nil {
		return s, err
	}
	put(&of, s.Key, r)
	put(&m.series, s.Scope, of)
	m.note(s.Scope, entries)
	s.Rev = r.rev
	return s, nil
}

func (m *Memory) note(scope psa.Scope, entries []usage.Entry) {
	m.writes += 1 + len(entries)
	put(&m.history, scope, append(m.history[scope], entries...))
}

// History is all that was done, oldest first.
func (m *Memory) History(scope psa.Scope) []usage.Entry {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.history[scope])
}

// PutPlan implements usage.Ledger.
func (m *Memory) PutPlan(_ context.Context, scope psa.Scope, run string, p usage.AgreementPlan) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode plan: %w", err)
	}
	k := usage.RunKey{Scope: scope, ID: run}
	of := m.plans[k]
	put(&of, p.Agreement, body)
	put(&m.plans, k, of)
	return nil
}

// Plans implements usage.Ledger.
func (m *Memory) Plans(_ context.Context, scope psa.Scope, run, after string, limit int) (_ []usage.AgreementPlan, next string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	of := m.plans[usage.RunKey{Scope: scope, ID: run}]
	ids := slices.Sorted(maps.Keys(of))
	if from, err := strconv.Atoi(after); err == nil {
		ids = slices.DeleteFunc(ids, func(id psa.RecordID) bool { return int(id) <= from })
	}
	if len(ids) > limit {
		ids = ids[:limit]
		next = fmt.Sprint(ids[limit-1])
	}
	out := []usage.AgreementPlan{}
	for _, id := range ids {
		var p usage.AgreementPlan
		if err := json.Unmarshal(of[id], &p); err != nil {
			return nil, "", fmt.Errorf("decode plan: %w", err)
		}
		out = append(out, p)
	}
	return out, next, nil
}

// Stopped implements usage.Ledger.
func (m *Memory) Stopped(context.Context) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.stopped, nil
}

// SetStopped stops all postings, or lets them go on.
func (m *Memory) SetStopped(stopped bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stopped = stopped
}
