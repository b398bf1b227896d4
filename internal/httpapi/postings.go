package httpapi

import (
	"context"
	"errors"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

// Postings is what the API needs of usage postings; see usage.Service.
type Postings interface { //nolint:interfacebloat // one table of lines, all of whose decisions the API offers
	Configure(ctx context.Context, scope psa.Scope, s usage.Settings) error
	Start(ctx context.Context, scope psa.Scope, mode usage.Mode, by string) (run usage.Run, joined bool, err error)
	Confirm(ctx context.Context, scope psa.Scope, run, by string) error
	Approve(ctx context.Context, scope psa.Scope, by, preview string, tenants ...usage.TenantID) (approved int, unlike []usage.Unlike, err error)
	Pause(ctx context.Context, scope psa.Scope, by string, pause bool) error
	OpenLines(ctx context.Context, scope psa.Scope) ([]usage.OpenLine, error)
	Hold(ctx context.Context, scope psa.Scope, k usage.SeriesKey, by string) error
	Release(ctx context.Context, scope psa.Scope, k usage.SeriesKey, by string) error
	Leave(ctx context.Context, scope psa.Scope, k usage.SeriesKey, by string) error
	TakeOver(ctx context.Context, scope psa.Scope, k usage.SeriesKey, by string) error
	Resume(ctx context.Context, scope psa.Scope, k usage.SeriesKey, by string) error
}

// PostingRuns is what the API reads of posting runs.
type PostingRuns interface {
	Run(ctx context.Context, scope psa.Scope, id string) (usage.Run, error)
	List(ctx context.Context, scope psa.Scope, before string, limit int) (runs []usage.Run, next string, err error)
}

// PostingLedger is what the API reads of what was posted.
type PostingLedger interface {
	Settings(ctx context.Context, scope psa.Scope) (usage.Settings, error)
	Series(ctx context.Context, scope psa.Scope, agreement psa.RecordID) (map[usage.SeriesKey]usage.Series, error)
	Plans(ctx context.Context, scope psa.Scope, run, after string, limit int) (plans []usage.AgreementPlan, next string, err error)
	History(ctx context.Context, scope psa.Scope, key usage.SeriesKey, before string, limit int) (entries []usage.Entry, next string, err error)
}

const tagPostings = "Usage & billing"

func (a *api) registerPostings() {
	add(a, operation{
		id: "getPostingSettings", method: "GET", path: "/v1/postings/settings", tag: tagPostings, access: reads,
		summary: "When and how usage is posted",
	}, a.getPostingSettings)
	add(a, operation{
		id: "putPostingSettings", method: "PUT", path: "/v1/postings/settings", tag: tagPostings, access: changes,
		summary: "Choose when and how usage is posted; If-Match is needed",
	}, a.putPostingSettings)
	add(a, operation{
		id: "startPosting", method: "POST", path: "/v1/postings/runs", tag: tagPostings, access: changes, status: 202,
		summary: "Post now, preview what a posting would do, or end all lines; one that is running is joined",
	}, a.startPosting)
	add(a, operation{
		id: "listPostings", method: "GET", path: "/v1/postings/runs", tag: tagPostings, access: reads,
		summary: "Postings and previews, newest first",
	}, a.listPostings)
	add(a, operation{
		id: "getPosting", method: "GET", path: "/v1/postings/runs/{id}", tag: tagPostings, access: reads,
		summary: "A posting or preview as it stands",
	}, a.getPosting)
	add(a, operation{
		id: "getPostingPlan", method: "GET", path: "/v1/postings/runs/{id}/plan", tag: tagPostings, access: reads,
		summary: "What a preview found, line by line",
	}, a.getPostingPlan)
	add(a, operation{
		id: "confirmPosting", method: "POST", path: "/v1/postings/runs/{id}/confirm", tag: tagPostings, access: changes,
		summary: "Let a posting go on that the guards stopped",
	}, a.confirmPosting)
	add(a, operation{
		id: "approvePostings", method: "POST", path: "/v1/postings/approve", tag: tagPostings, access: changes,
		summary: "Approve the first posting of mappings, and of changed ones, as a preview showed them; what is otherwise by now is answered by name",
	}, a.approvePostings)
	add(a, operation{
		id: "pausePostings", method: "POST", path: "/v1/postings/pause", tag: tagPostings, access: changes,
		summary: "Hold all postings, or let them go on with the open period",
	}, a.pausePostings)
	a.registerLines()
}

// PostingSettings say when and how usage is posted.
type PostingSettings struct {
	Zone      string  `json:"zone" doc:"The IANA time zone in which the account's days begin; empty until it is chosen."`
	At        string  `json:"at" pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$" doc:"The civil time after which a day is posted."`
	Policy    string  `json:"policy" enum:"each_period,on_change" doc:"A new line every period, or only when the quantity changes."`
	Markers   bool    `json:"markers" doc:"Whether our lines carry a mark in their serial number."`
	Exclusive bool    `json:"exclusiveEnds,omitempty" doc:"Whether the day of a cancelledDate is billed no more."`
	Arrears   []int64 `json:"arrears" nullable:"false" doc:"Agreements that are billed in arrears."`
	Paused    bool    `json:"paused" readOnly:"true"`
	SetUp     bool    `json:"setUp" readOnly:"true" doc:"Whether postings are set up."`
	Suggested string  `json:"suggested,omitempty" readOnly:"true" doc:"ConnectWise's own time zone, as it calls it."`
}

func postingSettings(s usage.Settings) PostingSettings {
	out := PostingSettings{
		Zone: s.Zone, At: clock(s.At), Policy: string(s.Policy), Markers: !s.NoMarkers, Exclusive: s.ExclusiveEnds,
		Arrears: []int64{}, Paused: s.Paused != nil, SetUp: s.Zone != "",
	}
	if out.Policy == "" {
		out.Policy = string(usage.EachPeriod)
	}
	for _, id := range s.Arrears {
		out.Arrears = append(out.Arrears, int64(id))
	}
	return out
}

// clock writes minutes of the day; none is the default.
func clock(minutes int) string {
	if minutes == 0 {
		minutes = 4 * 60
	}
	return time.Date(2000, 1, 1, 0, minutes, 0, 0, time.UTC).Format("15:04")
}

type postingSettingsOutput struct {
	ETag string `header:"ETag"`
	Body PostingSettings
}

func (a *api) getPostingSettings(ctx context.Context, _ *struct{}) (*postingSettingsOutput, error) {
	scope, st, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	s, err := a.PostingLedger.Settings(ctx, scope)
	if err != nil {
		return nil, err
	}
	out := &postingSettingsOutput{ETag: revTag(s.Rev), Body: postingSettings(s)}
	out.Body.Suggested = st.Connection.Endpoint.ServerTimeZone
	return out, nil
}

type putPostingSettingsInput struct {
	IfMatchInput

	Body PostingSettings
}

func (a *api) putPostingSettings(ctx context.Context, in *putPostingSettingsInput) (*postingSettingsOutput, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	rev, err := revOf(in.IfMatch)
	if err != nil {
		return nil, err
	}
	s, err := a.PostingLedger.Settings(ctx, scope)
	if err != nil {
		return nil, err
	}
	at, err := time.Parse("15:04", in.Body.At)
	if err != nil {
		return nil, psa.ErrInvalid
	}
	s.Zone, s.At, s.Policy, s.NoMarkers, s.Rev = in.Body.Zone, at.Hour()*60+at.Minute(), usage.Policy(in.Body.Policy), !in.Body.Markers, rev
	s.Arrears, s.ExclusiveEnds = nil, in.Body.Exclusive
	for _, id := range in.Body.Arrears {
		s.Arrears = append(s.Arrears, psa.RecordID(id))
	}
	err = a.Postings.Configure(ctx, scope, s)
	if errors.Is(err, psa.ErrConflict) {
		return nil, problem.New(problem.Stale, "Somebody else changed these settings.", "Look at them as they are now, then save again.").Wrap(err)
	}
	if err != nil {
		return nil, err
	}
	return a.getPostingSettings(ctx, nil)
}

// PostingRun is a posting of an account, or a preview of one.
type PostingRun struct {
	ID        string           `json:"id"`
	Mode      string           `json:"mode" enum:"post,preview,end"`
	State     string           `json:"state" enum:"running,needs_confirmation,done,failed,replaced"`
	Active    bool             `json:"active"`
	Day       string           `json:"day" doc:"The account's date."`
	By        string           `json:"by"`
	AskedAt   time.Time        `json:"askedAt"`
	EndedAt   *time.Time       `json:"endedAt,omitempty"`
	Counts    PostingCounts    `json:"counts"`
	Offences  []PostingOffence `json:"offences" nullable:"false" doc:"The lines for which a guard stopped it."`
	Confirmed string           `json:"confirmedBy,omitempty"`
	WaitsTill *time.Time       `json:"waitsTill,omitempty" doc:"When it looks again for lines whose outcome is unknown."`
	Failure   *Failure         `json:"failure,omitempty" doc:"Why it failed, or waits."`
}

// PostingCounts of a run.
type PostingCounts struct {
	Agreements int `json:"agreements"`
	Series     int `json:"series"`
	Updated    int `json:"updated"`
	Created    int `json:"created"`
	Ended      int `json:"ended"`
	Voided     int `json:"voided"`
	Attention  int `json:"attention"`
}

// PostingOffence is a line that a guard wants a person to look at.
type PostingOffence struct {
	Agreement int64  `json:"agreement"`
	Product   int64  `json:"product"`
	Code      string `json:"code"`
	Remedy    string `json:"remedy"`
	Was       string `json:"was"`
	Then      string `json:"then"`
}

func postingRun(r usage.Run) PostingRun {
	out := PostingRun{
		ID: r.ID, Mode: string(r.Mode), State: string(r.State), Active: r.State.Active(), Day: string(r.Day), By: r.By, AskedAt: r.AskedAt.UTC(),
		EndedAt: optional(r.EndedAt), Counts: PostingCounts(r.Counts), Confirmed: r.ConfirmedBy,
	}
	if len(r.Again) > 0 {
		out.WaitsTill = optional(r.AgainAt)
	}
	if f := r.Failure; f != nil {
		out.Failure = &Failure{Code: string(f.Code), Message: f.Message, Remedy: f.Remedy}
	}
	out.Offences, _ = listOf(r.Offences, "", func(o usage.Offence) PostingOffence {
		return PostingOffence{
			Agreement: int64(o.Key.Agreement), Product: int64(o.Key.Product), Code: string(o.Code), Remedy: o.Code.Remedy(),
			Was: o.Was.String(), Then: o.Then.String(),
		}
	})
	return out
}

type startPostingInput struct {
	Body struct {
		Mode string `json:"mode" enum:"post,preview,end" doc:"end: every line ends with its open period, for who is about to disconnect."`
	}
}

type startPostingOutput struct {
	Body struct {
		Run    PostingRun `json:"run"`
		Joined bool       `json:"joined" doc:"Whether one was running already."`
	}
}

func (a *api) startPosting(ctx context.Context, in *startPostingInput) (*startPostingOutput, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	run, joined, err := a.Postings.Start(ctx, scope, usage.Mode(in.Body.Mode), callerOf(ctx).subject)
	if err != nil {
		return nil, err
	}
	out := &startPostingOutput{}
	out.Body.Run, out.Body.Joined = postingRun(run), joined
	return out, nil
}

type listPostingsOutput struct {
	Body struct {
		Items []PostingRun `json:"items" nullable:"false"`
		Next  string       `json:"next,omitempty"`
	}
}

func (a *api) listPostings(ctx context.Context, in *PageInput) (*listPostingsOutput, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	runs, next, err := a.PostingRuns.List(ctx, scope, in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &listPostingsOutput{}
	out.Body.Items, out.Body.Next = listOf(runs, next, postingRun)
	return out, nil
}

type postingRunOutput struct{ Body PostingRun }

func (a *api) getPosting(ctx context.Context, in *RunInput) (*postingRunOutput, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	run, err := a.PostingRuns.Run(ctx, scope, in.ID)
	if err != nil {
		return nil, err
	}
	return &postingRunOutput{Body: postingRun(run)}, nil
}

func (a *api) confirmPosting(ctx context.Context, in *RunInput) (*postingRunOutput, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.Postings.Confirm(ctx, scope, in.ID, callerOf(ctx).subject); err != nil {
		return nil, err
	}
	return a.getPosting(ctx, in)
}

type pausePostingsInput struct {
	Body struct {
		Pause bool `json:"pause"`
	}
}

func (a *api) pausePostings(ctx context.Context, in *pausePostingsInput) (*postingSettingsOutput, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.Postings.Pause(ctx, scope, callerOf(ctx).subject, in.Body.Pause); err != nil {
		return nil, err
	}
	return a.getPostingSettings(ctx, nil)
}
