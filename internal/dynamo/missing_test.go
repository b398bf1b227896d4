package dynamo_test

import (
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

func TestMissingIsNotedOnceAndListedById(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	all := make([]psa.RecordID, 230)
	for i := range all {
		all[i] = psa.RecordID(1 + 7*i)
	}
	must(t, s.Runs().PutMissing(t.Context(), scope, "01A", all[100:]))
	must(t, s.Runs().PutMissing(t.Context(), scope, "01A", all[:150]))
	must(t, s.Runs().PutMissing(t.Context(), scope, "01A", nil))
	must(t, s.Runs().PutMissing(t.Context(), scope, "01B", []psa.RecordID{2}))
	for _, other := range others {
		must(t, s.Runs().PutMissing(t.Context(), other, "01A", []psa.RecordID{3}))
	}
	var got []psa.RecordID
	for after := psa.RecordID(0); ; {
		ids, err := s.Runs().Missing(t.Context(), scope, "01A", after, 50)
		must(t, err)
		got = append(got, ids...)
		if len(ids) < 50 {
			break
		}
		after = ids[len(ids)-1]
	}
	wantEqual(t, "missing", got, all)
	s.pass(91 * 24 * time.Hour)
	ids, err := s.Runs().Missing(t.Context(), scope, "01A", 0, 50)
	must(t, err)
	wantEqual(t, "missing after 90 days", len(ids), 0)
}

// ended runs a run of everything to its end, with a proposal if there is one.
func (s store) ended(t *testing.T, id string, mode syncer.Mode, p *syncer.Proposal) syncer.Run {
	t.Helper()
	run := s.newRun(id)
	run.Mode = mode
	run = s.create(t, run)
	run.State, run.StartedAt, run.Shards = syncer.Running, s.now(), 1
	must(t, s.Runs().PlanRun(t.Context(), run, []syncer.Shard{{RunID: id}}, s.entry("run_started")))
	run.State, run.FinishedAt, run.Proposal = syncer.Partial, s.now(), p
	must(t, s.Runs().EndRun(t.Context(), run, time.Time{}, s.entry("run_partial")))
	return run
}

func (s store) state(t *testing.T) syncer.TypeState {
	t.Helper()
	state, err := s.Runs().TypeState(t.Context(), scope, psa.Companies)
	must(t, err)
	return state
}

func (s store) proposal(t *testing.T, id string) syncer.Proposal {
	t.Helper()
	run, err := s.Runs().Run(t.Context(), scope, id)
	must(t, err)
	if run.Proposal == nil {
		t.Fatalf("run %s has no proposal", id)
	}
	return *run.Proposal
}

func TestProposalIsDecidedOnce(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	open := syncer.Proposal{State: syncer.ProposalOpen, Missing: 7, Stored: 10, Reason: "many"}
	run := s.ended(t, "01A", syncer.Reconcile, &open)
	wantEqual(t, "stored", s.proposal(t, "01A"), open)
	state := s.state(t)
	if state.Proposal != "01A" || state.Confirmed != "" || !state.Compared.Equal(run.RequestedAt) {
		t.Errorf("type %+v", state)
	}
	won := atOnce(t, 6, psa.ErrConflict, func(i int) error {
		run, p := run, open
		p.State, p.DecidedBy, p.DecidedAt = syncer.ProposalConfirmed, string(rune('a'+i)), s.now()
		run.Proposal = &p
		return s.Runs().Decide(t.Context(), run, syncer.ProposalOpen, s.entry("removal_confirmed"))
	})
	if got := s.proposal(t, "01A"); won != 1 || got.State != syncer.ProposalConfirmed || got.DecidedBy == "" || got.Missing != 7 {
		t.Errorf("%d decided, proposal %+v", won, got)
	}
	state = s.state(t)
	if state.Proposal != "" || state.Confirmed != "01A" {
		t.Errorf("type %+v", state)
	}
	// A removal that failed is still wanted; one that ended is not.
	removal := s.newRun("01B")
	removal.Mode, removal.From = syncer.Removal, "01A"
	removal = s.create(t, removal)
	removal.State, removal.FinishedAt = syncer.Failed, s.now()
	must(t, s.Runs().EndRun(t.Context(), removal, time.Time{}, s.entry("run_failed")))
	wantEqual(t, "confirmed after a failure", s.state(t).Confirmed, "01A")
	removal.ID = "01C"
	removal = s.create(t, removal)
	removal.State, removal.FinishedAt = syncer.Succeeded, s.now()
	must(t, s.Runs().EndRun(t.Context(), removal, time.Time{}, s.entry("run_succeeded")))
	wantEqual(t, "confirmed after the removal", s.state(t).Confirmed, "")
}

// A later comparison takes the place of an earlier one's proposal, whether it
// has one itself or not.
func TestProposalIsOutdatedByTheNextComparison(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	proposal := func() *syncer.Proposal {
		return &syncer.Proposal{State: syncer.ProposalOpen, Missing: 7, Stored: 10, Reason: "many"}
	}
	first := s.ended(t, "01A", syncer.Full, proposal())
	s.ended(t, "01B", syncer.Incremental, nil)
	wantEqual(t, "after an incremental run", s.proposal(t, "01A").State, syncer.ProposalOpen)
	s.ended(t, "01C", syncer.Reconcile, proposal())
	wantEqual(t, "after a comparison", s.proposal(t, "01A").State, syncer.ProposalOutdated)
	wantEqual(t, "the new one", s.proposal(t, "01C").State, syncer.ProposalOpen)
	wantEqual(t, "the type's", s.state(t).Proposal, "01C")
	first.Proposal.State = syncer.ProposalConfirmed
	wantErr(t, "confirm an outdated one", s.Runs().Decide(t.Context(), first, syncer.ProposalOpen, s.entry("x")), psa.ErrConflict)
	s.ended(t, "01D", syncer.Reconcile, nil)
	wantEqual(t, "after all was found", s.proposal(t, "01C").State, syncer.ProposalOutdated)
	wantEqual(t, "the type's", s.state(t).Proposal, "")
}
