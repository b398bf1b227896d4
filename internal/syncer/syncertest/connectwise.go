package syncertest

import (
	"cmp"
	"slices"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// Notes are read company by company.
const (
	Configurations = psa.DataType("configurations")
	Notes          = psa.DataType("company_notes")
)

// Record is a record of ConnectWise: a company, or what belongs to one.
type Record struct {
	Type psa.DataType
	ID   psa.RecordID
	Name string
	// Company is what it belongs to, 0 if to none; companies have the rest.
	Company psa.RecordID
	Status  int64
	Deleted bool
	Kinds   []int64
	Updated time.Time
}

// Merge says what is left of a company that was merged.
type Merge string

// What is left of it: nothing, a record that is marked as deleted, or another
// name of the other company.
const (
	MergedGone        Merge = "notFound"
	MergedSoftDeleted Merge = "softDeleted"
	MergedTarget      Merge = "target"
)

// ConnectWise is a ConnectWise of companies, contacts, configurations and
// notes. It is not safe for concurrent use.
type ConnectWise struct {
	// Merged is what a merge leaves. Untouched is set if what belonged to the
	// company moves without a new lastUpdated.
	Merged    Merge
	Untouched bool

	now     func() time.Time
	records map[psa.DataType][]Record
	last    map[psa.DataType]psa.RecordID
	targets map[psa.RecordID]psa.RecordID
	links   []link
	made    psa.RecordID
}

// link is the association of a company with a type of company.
type link struct {
	id, company psa.RecordID
	kind        int64
	updated     time.Time
}

// NewConnectWise makes one without records. now is its clock.
func NewConnectWise(now func() time.Time) *ConnectWise {
	return &ConnectWise{
		now: now, Merged: MergedGone, records: map[psa.DataType][]Record{}, last: map[psa.DataType]psa.RecordID{},
		targets: map[psa.RecordID]psa.RecordID{},
	}
}

func (c *ConnectWise) clock() time.Time { return c.now().UTC().Truncate(time.Second) }

func compareRecords(a, b Record) int { return cmp.Compare(a.ID, b.ID) }

// All are the records of a type, by id.
func (c *ConnectWise) All(typ psa.DataType) []Record { return c.records[typ] }

// Get is one record, if it is there.
func (c *ConnectWise) Get(typ psa.DataType, id psa.RecordID) (Record, bool) {
	i, found := slices.BinarySearchFunc(c.records[typ], Record{ID: id}, compareRecords)
	if !found {
		return Record{}, false
	}
	return c.records[typ][i], true
}

// Put adds a record, or changes the one with its id, and returns its id.
func (c *ConnectWise) Put(r Record) psa.RecordID {
	if r.ID == 0 {
		r.ID = c.last[r.Type] + 1
	}
	c.last[r.Type] = max(c.last[r.Type], r.ID)
	r.Updated, r.Kinds = c.clock(), nil
	c.records[r.Type] = sorted(c.records[r.Type], r, compareRecords)
	c.rekind(r.ID)
	return r.ID
}

// Delete removes a record and reports whether it was there.
func (c *ConnectWise) Delete(typ psa.DataType, id psa.RecordID) bool {
	i, found := slices.BinarySearchFunc(c.records[typ], Record{ID: id}, compareRecords)
	if !found {
		return false
	}
	c.records[typ] = slices.Delete(c.records[typ], i, i+1)
	if typ == psa.Companies {
		c.links = slices.DeleteFunc(c.links, func(l link) bool { return l.company == id })
	}
	return true
}

// Link gives a company a type of company, without touching the company.
func (c *ConnectWise) Link(company psa.RecordID, kind int64) {
	c.made++
	c.links = append(c.links, link{id: c.made, company: company, kind: kind, updated: c.clock()})
	c.rekind(company)
}

// Unlink takes the types of company from a company, which leaves no trace.
func (c *ConnectWise) Unlink(company psa.RecordID) {
	c.links = slices.DeleteFunc(c.links, func(l link) bool { return l.company == company })
	c.rekind(company)
}

// rekind shows a company's associations in the company.
func (c *ConnectWise) rekind(company psa.RecordID) {
	i, found := slices.BinarySearchFunc(c.records[psa.Companies], Record{ID: company}, compareRecords)
	if !found {
		return
	}
	var kinds []int64
	for _, l := range c.links {
		if l.company == company {
			kinds = append(kinds, l.kind)
		}
	}
	c.records[psa.Companies][i].Kinds = kinds
}

// Merge makes a company part of another, and reports whether both were there.
func (c *ConnectWise) Merge(from, into psa.RecordID) bool {
	old, had := c.Get(psa.Companies, from)
	target, has := c.Get(psa.Companies, into)
	if !had || !has || from == into {
		return false
	}
	for _, list := range c.records {
		for i := range list {
			if list[i].Company != from {
				continue
			}
			if list[i].Company = into; !c.Untouched {
				list[i].Updated = c.clock()
			}
		}
	}
	c.Put(target)
	c.Unlink(from)
	if c.Merged == MergedSoftDeleted {
		old.Deleted = true
		c.Put(old)
		return true
	}
	c.Delete(psa.Companies, from)
	c.targets[from] = into
	return true
}
