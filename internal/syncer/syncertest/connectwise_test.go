package syncertest_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/psabridge/psabridge/internal/app/connector"
	"github.com/psabridge/psabridge/internal/connectwise"
	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
	"github.com/psabridge/psabridge/internal/syncer/syncertest"
)

// twins are the simulator, read by our client, and the ConnectWise in memory, to
// which the same happens.
type twins struct {
	t       *rapid.T
	sim     *cwsim.Simulator
	cw      *syncertest.ConnectWise
	sources [2]syncer.Source
	clock   time.Time
	made    int
}

const twinTime = 4 * time.Second

// Whatever happens to its records, the ConnectWise in memory answers as the
// simulator does when our client asks it.
func TestTheConnectWiseInMemoryIsTheSimulators(t *testing.T) {
	t.Parallel()
	began := time.Now()
	rapid.Check(t, func(rt *rapid.T) {
		if time.Since(began) > twinTime {
			return
		}
		w := newTwins(t, rt)
		actions := map[string]func(*rapid.T){}
		for name, do := range map[string]func(){
			"put": w.put, "put more": w.put, "delete": w.remove, "link": w.link, "unlink": w.unlink, "merge": w.merge, "pass": w.pass,
		} {
			actions[name] = func(rt *rapid.T) {
				w.t = rt
				do()
			}
		}
		actions[""] = func(rt *rapid.T) {
			w.t = rt
			w.look()
		}
		rt.Repeat(actions)
	})
}

func newTwins(t *testing.T, rt *rapid.T) *twins {
	t.Helper()
	w := &twins{t: rt, sim: cwsim.New(cwsim.Config{}), clock: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)}
	now := func() time.Time { return w.clock }
	w.cw = syncertest.NewConnectWise(now)
	w.cw.Merged = rapid.SampledFrom([]syncertest.Merge{syncertest.MergedGone, syncertest.MergedSoftDeleted, syncertest.MergedTarget}).Draw(rt, "merged")
	w.cw.Untouched = rapid.Bool().Draw(rt, "untouched")
	w.sim.SetSwitches(func(sw *cwsim.Switches) {
		sw.Points = map[string]string{cwsim.MergedCompany: string(w.cw.Merged), cwsim.MergedChildren: map[bool]string{false: "touched", true: "untouched"}[w.cw.Untouched]}
	})
	w.sim.SetClock(w.clock)
	for n := range 2 {
		w.must(w.sim.Put(cwsim.CompanyStatuses, map[string]any{"name": fmt.Sprint("Status ", n)}))
		w.must(w.sim.Put(cwsim.CompanyTypes, map[string]any{"name": fmt.Sprint("Type ", n)}))
	}
	hc := &http.Client{Transport: w.sim.Transport()}
	companyID, public, private := w.sim.Credentials()
	address, _, err := connectwise.CleanServerURL("https://cw.example", false)
	if err != nil {
		t.Fatal(err)
	}
	base, err := connectwise.Discoverer{HTTP: hc}.Discover(t.Context(), address, companyID)
	if err != nil {
		t.Fatal(err)
	}
	client, err := connectwise.New(connectwise.Config{
		Base: base, Credentials: psa.Credentials{PublicKey: public, PrivateKey: private}, ClientID: "11111111-2222-3333-4444-555555555555", HTTP: hc, Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	call := func(_ context.Context, _ string, do func() error) error { return do() }
	w.sources = [2]syncer.Source{connector.NewSource(client, now), w.cw.Source(now, call)}
	return w
}

func (w *twins) must(id int, err error) psa.RecordID {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	return psa.RecordID(id)
}

func tableOf(typ psa.DataType) string {
	return map[psa.DataType]string{
		psa.Companies: cwsim.Companies, psa.Contacts: cwsim.Contacts, syncertest.Configurations: cwsim.Configurations, syncertest.Notes: cwsim.CompanyNotes,
	}[typ]
}

func (w *twins) n(what string, limit int) int { return rapid.IntRange(0, limit-1).Draw(w.t, what) }

func (w *twins) typ() psa.DataType {
	return rapid.SampledFrom([]psa.DataType{psa.Companies, psa.Companies, psa.Contacts, syncertest.Configurations, syncertest.Notes}).Draw(w.t, "type")
}

// one is a company that is there, 0 if none is.
func (w *twins) one(what string) psa.RecordID {
	all := w.cw.All(psa.Companies)
	if len(all) == 0 {
		return 0
	}
	return all[w.n(what, len(all))].ID
}

func (w *twins) pass() {
	w.clock = w.clock.Add(time.Duration(w.n("seconds", 90)) * time.Second)
	w.sim.SetClock(w.clock)
}

func (w *twins) put() {
	w.made++
	r := syncertest.Record{Type: w.typ(), Name: fmt.Sprint("Record ", w.made)}
	if all := w.cw.All(r.Type); len(all) > 0 && w.n("again", 2) == 0 {
		r.ID = all[w.n("which", len(all))].ID
	}
	members := map[string]any{}
	if r.ID != 0 {
		members["id"] = int64(r.ID)
	}
	ref := func(id int64) map[string]any { return map[string]any{"id": id} }
	switch r.Type {
	case psa.Companies:
		r.Status, r.Deleted = int64(1+w.n("status", 2)), w.n("deleted", 4) == 0
		members["name"], members["identifier"], members["status"], members["deletedFlag"] = r.Name, r.Name, ref(r.Status), r.Deleted
	default:
		if r.Company = w.one("company"); r.Company == 0 {
			return
		}
		members["company"] = ref(int64(r.Company))
		members[map[psa.DataType]string{psa.Contacts: "firstName", syncertest.Notes: "text", syncertest.Configurations: "name"}[r.Type]] = r.Name
	}
	id := w.must(w.sim.Put(tableOf(r.Type), members))
	if got := w.cw.Put(r); got != id {
		w.t.Fatalf("put %s: id %d, want %d", r.Type, got, id)
	}
}

func (w *twins) remove() {
	typ := w.typ()
	if all := w.cw.All(typ); len(all) > 0 {
		id := all[w.n("which", len(all))].ID
		if !w.sim.Delete(tableOf(typ), int(id)) || !w.cw.Delete(typ, id) {
			w.t.Fatalf("%s/%d was not there", typ, id)
		}
	}
}

func (w *twins) link() {
	if id := w.one("company"); id != 0 {
		kind := int64(1 + w.n("kind", 2))
		w.must(w.sim.Put(cwsim.TypeAssociations, map[string]any{"company": map[string]any{"id": int64(id)}, "type": map[string]any{"id": kind}}))
		w.cw.Link(id, kind)
	}
}

func (w *twins) unlink() {
	company := w.one("company")
	for _, a := range w.sim.Snapshot(cwsim.TypeAssociations) {
		if ref, _ := a["company"].(map[string]any); fmt.Sprint(ref["id"]) == fmt.Sprint(company) {
			id, err := strconv.Atoi(fmt.Sprint(a["id"]))
			if err != nil || !w.sim.Delete(cwsim.TypeAssociations, id) {
				w.t.Fatalf("association %v was not removed", a["id"])
			}
		}
	}
	w.cw.Unlink(company)
}

func (w *twins) merge() {
	from, into := w.one("from"), w.one("into")
	if from != into && w.sim.Merge(int(from), int(into)) != w.cw.Merge(from, into) {
		w.t.Fatalf("merge of %d into %d", from, into)
	}
}

// ask asks both, and fails unless they say the same.
func ask[T any](w *twins, what string, question func(syncer.Source) (T, error)) {
	w.t.Helper()
	var said [2]any
	for i, s := range w.sources {
		got, err := question(s)
		var other *psa.OtherError
		switch {
		case errors.As(err, &other):
			said[i] = fmt.Sprint("the answer is record ", other.ID)
		case err != nil:
			said[i] = fmt.Sprint(problem.CodeOf(err), errors.Is(err, psa.ErrNotFound), errors.Is(err, psa.ErrConflict))
		default:
			said[i] = got
		}
	}
	if diff := gocmp.Diff(said[0], said[1], cmpopts.EquateEmpty()); diff != "" {
		w.t.Fatalf("%s (-simulator +memory):\n%s", what, diff)
	}
}

// seen is what is compared of a record.
type seen struct {
	ID, Parent  psa.RecordID
	SentAt      time.Time
	Name        string
	Company     int64
	Status      int64
	Types       []int64
	Deleted     bool
	LastUpdated string
}

func seenOf(r syncer.Read) seen {
	type ref struct {
		ID int64 `json:"id"`
	}
	var m struct {
		ID              psa.RecordID `json:"id"`
		Name, Text      string
		FirstName       string
		Company, Status ref
		Types           []ref
		DeletedFlag     bool
		Info            struct {
			LastUpdated string `json:"lastUpdated"`
		} `json:"_info"`
	}
	if err := json.Unmarshal(r.Raw, &m); err != nil || m.ID != r.ID {
		return seen{Name: fmt.Sprint("not a record: ", string(r.Raw))}
	}
	out := seen{
		ID: r.ID, Parent: r.Parent, SentAt: r.SentAt, Name: cmp.Or(m.Name, m.Text, m.FirstName), Company: m.Company.ID, Status: m.Status.ID,
		Deleted: m.DeletedFlag, LastUpdated: m.Info.LastUpdated,
	}
	for _, t := range m.Types {
		out.Types = append(out.Types, t.ID)
	}
	return out
}

type batch struct {
	Reads []seen
	More  bool
}

// look asks for everything once.
func (w *twins) look() {
	ctx := context.Background()
	typ, _ := syncer.TypeNamed(w.typ())
	since := rapid.SampledFrom([]time.Time{{}, w.clock.Add(-time.Minute), w.clock}).Draw(w.t, "since")
	ask(w, "extent", func(s syncer.Source) (syncer.Extent, error) { return s.Extent(ctx, typ, since) })
	q := syncer.Query{Since: since, Limit: 1 + w.n("limit", 4), After: psa.RecordID(w.n("after", 3))}
	if w.n("bounded", 2) == 0 {
		q.Until = q.After + 1 + psa.RecordID(w.n("until", 3))
	}
	if typ.Under() {
		q.Under = psa.RecordID(1 + w.n("under", 3))
	}
	if w.n("named", 3) == 0 {
		q.IDs = []psa.RecordID{1, 3}
	} else if typ.ParentField != "" && w.n("of", 3) == 0 {
		q.Of = []psa.RecordID{1, 2}
	}
	ask(w, fmt.Sprintf("read %s %+v", typ.Name, q), func(s syncer.Source) (out batch, err error) {
		got, err := s.Read(ctx, typ, q)
		for _, r := range got.Reads {
			out.Reads = append(out.Reads, seenOf(r))
		}
		out.More = got.More
		return out, err
	})
	id, parent := psa.RecordID(1+w.n("id", 5)), psa.RecordID(0)
	if typ.Under() {
		parent = q.Under
	}
	ask(w, fmt.Sprint("get ", typ.Name, id), func(s syncer.Source) (seen, error) {
		r, err := s.Get(ctx, typ, parent, id)
		return seenOf(r), err
	})
	ask(w, "control", func(s syncer.Source) (struct{}, error) { return struct{}{}, s.Control(ctx, typ, parent) })
	companies, _ := syncer.TypeNamed(psa.Companies)
	ask(w, "touched", func(s syncer.Source) ([]psa.RecordID, error) {
		ids, _, more, err := s.Touched(ctx, companies, since, 0)
		if more {
			ids = append(ids, -1)
		}
		return ids, err
	})
}
