package connectwise

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

func additionsPath(agreement psa.RecordID) string {
	return agreementsPath + "/" + formatID(agreement) + "/additions"
}

// addition is ConnectWise's.
type addition struct {
	ID            psa.RecordID  `json:"id"`
	Product       product       `json:"product"`
	Quantity      usage.Decimal `json:"quantity"`
	LessIncluded  usage.Decimal `json:"lessIncluded"`
	UnitPrice     usage.Decimal `json:"unitPrice"`
	EffectiveDate looseString   `json:"effectiveDate"`
	CancelledDate looseString   `json:"cancelledDate"`
	SerialNumber  looseString   `json:"serialNumber"`
	Billed        usage.Decimal `json:"billedQuantity"`
	Info          struct {
		LastUpdated looseString `json:"lastUpdated"`
		UpdatedBy   looseString `json:"updatedBy"`
	} `json:"_info"`
}

type product struct {
	ID         psa.RecordID `json:"id"`
	Identifier looseString  `json:"identifier"`
}

// parseAddition reads one. A line whose dates cannot be read is garbled: no
// guess about it is safe.
func parseAddition(op string, item json.RawMessage) (usage.Addition, error) {
	var a addition
	if json.Unmarshal(item, &a) != nil || a.ID <= 0 {
		return usage.Addition{}, garbled(op, "an entry is not an addition")
	}
	start, err1 := usage.ReadDate(string(a.EffectiveDate))
	end, err2 := usage.ReadDate(string(a.CancelledDate))
	if err1 != nil || err2 != nil {
		return usage.Addition{}, garbled(op, "an addition's dates cannot be read")
	}
	updated, _ := time.Parse(time.RFC3339, string(a.Info.LastUpdated)) // zero if it does not say
	return usage.Addition{
		ID: a.ID, Product: a.Product.ID, Name: string(a.Product.Identifier), Quantity: a.Quantity, Included: a.LessIncluded, Price: a.UnitPrice,
		Start: start, End: end, Serial: string(a.SerialNumber), Billed: a.Billed, UpdatedBy: string(a.Info.UpdatedBy), UpdatedAt: updated, Raw: item,
	}, nil
}

// Additions implements usage.Finance.
func (f *Finance) Additions(ctx context.Context, agreement psa.RecordID) ([]usage.Addition, error) {
	path := additionsPath(agreement)
	var out []usage.Addition
	for item, err := range f.client.List(ctx, path, ListQuery{}) {
		if err != nil {
			return nil, err
		}
		a, err := parseAddition("GET "+path, item)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// Addition implements usage.Finance.
func (f *Finance) Addition(ctx context.Context, agreement, id psa.RecordID) (usage.Addition, error) {
	path := additionsPath(agreement)
	item, _, err := f.client.Get(ctx, path, id, nil)
	if err != nil {
		return usage.Addition{}, err
	}
	return parseAddition("GET "+path, item)
}

// Create implements usage.Finance. A date that the server takes for another
// day is set right afterwards; one that it refuses for being another day is
// sent once more in the other form, since nothing was made.
func (f *Finance) Create(ctx context.Context, agreement psa.RecordID, line usage.NewLine) (usage.Addition, error) {
	noon := f.isNoon()
	a, err := f.create(ctx, agreement, line, noon)
	var no *usage.Refusal
	if errors.As(err, &no) && no.Period && !noon {
		// Only a second refusal of the period is one: to anything else, such as
		// 429, the period may be open.
		if a, err = f.create(ctx, agreement, line, true); err == nil {
			f.learn(a.Start == line.Start)
		}
		return a, err
	}
	if err != nil || a.Start == line.Start && a.End == line.End {
		return a, err
	}
	return f.setDates(ctx, agreement, a, line.Start, line.End)
}

func (f *Finance) create(ctx context.Context, agreement psa.RecordID, line usage.NewLine, noon bool) (usage.Addition, error) {
	body, err := newAddition(line, noon)
	if err != nil {
		return usage.Addition{}, &usage.Refusal{Cause: err}
	}
	path := additionsPath(agreement)
	a, err := f.client.do(ctx, request{method: http.MethodPost, path: path, body: body, limit: f.client.maxRecord})
	if err != nil {
		return usage.Addition{}, refusal(err)
	}
	return parseAddition("POST "+path, trimBOM(a.body))
}

// setDates corrects the dates of a line that was just made.
func (f *Finance) setDates(ctx context.Context, agreement psa.RecordID, a usage.Addition, start, end usage.Date) (usage.Addition, error) {
	ops := []operation{{"replace", "effectiveDate", stamp(start, true)}}
	if end != "" {
		ops = append(ops, operation{"replace", "cancelledDate", stamp(end, true)})
	}
	b, err := f.patch(ctx, agreement, a.ID, ops)
	if err != nil {
		return a, nil //nolint:nilerr // the line is made, which is what counts; the date it shows says the rest
	}
	f.learn(b.Start == start && b.End == end)
	return b, nil
}

// Change implements usage.Finance.
func (f *Finance) Change(ctx context.Context, agreement, id psa.RecordID, c usage.Change) (usage.Addition, error) {
	noon := f.isNoon()
	a, err := f.patch(ctx, agreement, id, changeOps(c, noon))
	if err != nil || isShown(c, a) || noon {
		return a, err
	}
	b, err := f.patch(ctx, agreement, id, changeOps(c, true))
	if err == nil {
		f.learn(isShown(c, b))
	}
	return b, err
}

func changeOps(c usage.Change, noon bool) []operation {
	var ops []operation
	if c.Quantity != nil {
		ops = append(ops, operation{"replace", "quantity", *c.Quantity})
	}
	if c.Start != nil {
		ops = append(ops, operation{"replace", "effectiveDate", stamp(*c.Start, noon)})
	}
	switch {
	case c.End == nil:
	case *c.End == "":
		ops = append(ops, operation{Op: "remove", Path: "cancelledDate"})
	default:
		ops = append(ops, operation{"replace", "cancelledDate", stamp(*c.End, noon)})
	}
	return ops
}

// isShown reports whether the answer has the dates that were sent.
func isShown(c usage.Change, a usage.Addition) bool {
	return (c.End == nil || *c.End == a.End) && (c.Start == nil || *c.Start == a.Start)
}

func (f *Finance) isNoon() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.noon
}

func (f *Finance) learn(noon bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.noon = f.noon || noon
}

// stamp writes a date as ConnectWise takes it: midnight, UTC. Whether a server
// drops time and zone is not documented; on one that does not, and is west of
// Greenwich, midnight is the day before, and noon is the day itself.
func stamp(d usage.Date, noon bool) string {
	if noon {
		return string(d) + "T12:00:00Z"
	}
	return string(d) + "T00:00:00Z"
}

// operation of a PATCH: always a whole member, never a path below one.
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"`
}

// patch changes an addition and returns it as the answer shows it. Where
// ConnectWise wants custom fields with every change, they are sent as they are
// read just before.
func (f *Finance) patch(ctx context.Context, agreement, id psa.RecordID, ops []operation) (usage.Addition, error) {
	path := additionsPath(agreement) + "/" + formatID(id)
	a, err := f.patchOnce(ctx, path, ops)
	var e *Error
	if !errors.As(err, &e) || e.Kind != KindInvalid || !e.names("customFields") {
		return a, refusal(err)
	}
	now, err := f.Addition(ctx, agreement, id)
	if err != nil {
		return usage.Addition{}, refusal(err)
	}
	var have struct {
		CustomFields json.RawMessage `json:"customFields"`
	}
	if json.Unmarshal(now.Raw, &have) != nil || len(have.CustomFields) == 0 {
		have.CustomFields = json.RawMessage("[]")
	}
	a, err = f.patchOnce(ctx, path, append(ops, operation{"replace", "customFields", have.CustomFields}))
	return a, refusal(err)
}

func (f *Finance) patchOnce(ctx context.Context, path string, ops []operation) (usage.Addition, error) {
	body, err := json.Marshal(ops)
	if err != nil {
		return usage.Addition{}, fmt.Errorf("encode change: %w", err)
	}
	a, err := f.client.do(ctx, request{method: http.MethodPatch, path: path, body: body, limit: f.client.maxRecord})
	if err != nil {
		return usage.Addition{}, err
	}
	return parseAddition("PATCH "+path, trimBOM(a.body))
}

// names reports whether ConnectWise's refusal is about a field.
func (e *Error) names(field string) bool {
	if strings.Contains(e.Message, field) {
		return true
	}
	for _, f := range e.Fields {
		if f.Field == field || strings.Contains(f.Message, field) {
			return true
		}
	}
	return false
}

// refusal tells errors after which nothing was made or changed from those
// after which nobody knows.
func refusal(err error) error {
	var e *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e):
		return e.refusal()
	case errors.Is(err, psa.ErrBusy): // the budget, before anything was sent
		return &usage.Refusal{Run: true, Cause: err}
	}
	return err
}

func (e *Error) refusal() error {
	switch e.Kind {
	case KindInvalid, KindConflict, KindNoEndpoint:
		return &usage.Refusal{Period: e.aboutPeriod(), Words: e.words(), Cause: e}
	case KindNotFound:
		return &usage.Refusal{Gone: true, Words: e.words(), Cause: e}
	case KindThrottled, KindCredentials, KindClientID, KindPermission, KindAddressRefused, KindUnreachable:
		return &usage.Refusal{Run: true, Words: e.words(), Cause: e}
	}
	return e
}

// aboutPeriod: the effective date lies before the billing start or in a period
// that is invoiced.
func (e *Error) aboutPeriod() bool {
	if strings.Contains(e.Message, "already been invoiced") || strings.Contains(e.Message, "billing start date") {
		return true
	}
	for _, f := range e.Fields {
		if f.Field == "effectiveDate" || strings.Contains(f.Message, "already been invoiced") || strings.Contains(f.Message, "billing start date") {
			return true
		}
	}
	return false
}

// words are ConnectWise's, for a person to read.
func (e *Error) words() string {
	said := []string{e.Message}
	for _, f := range e.Fields {
		said = append(said, f.Message)
	}
	return oneLine(strings.Join(said, " "))
}
