package setup

import (
	"fmt"
	"slices"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// add records a check's outcome. A required one that fails stops the test.
func (t *tester) add(c Check, err error, detail string) {
	c.At = t.s.now()
	c.Status, c.Detail = Pass, detail
	if err != nil {
		p := problem.From(err)
		c.Status, c.Detail, c.Remedy, c.Code, c.Unproven = Fail, p.Message, p.Remedy, p.Code, ""
		t.stopped = t.stopped || c.Required
		if p.Code == problem.Internal {
			t.s.Log.Warn("connection check failed on our side", "check", c.Name, "error", err.Error())
		}
	}
	t.checks = append(t.checks, c)
}

func (t *tester) skip(checks ...Check) {
	for _, c := range checks {
		c.Status, c.At, c.Detail = Skipped, t.s.now(), "Not checked, because a check before it failed."
		t.checks = append(t.checks, c)
	}
}

// permission begins a data type's check. Only what other types build on is
// required; the rest degrades by name.
func (t *tester) permission(name psa.DataType) Check {
	return Check{Name: CheckPermission, Type: name, Required: t.s.types.isParent(name)}
}

func (t *tester) addPermission(c Check, p probe) {
	cell := fmt.Sprintf("%s > %s, level Inquire", p.info.Module, p.info.Permission)
	if problem.CodeOf(p.err) == problem.PermissionMissing {
		p.err = problem.New(problem.PermissionMissing, "The role may not read "+p.info.Label+".",
			"In ConnectWise, set "+cell+" to All for the API member's security role.").Wrap(p.err)
	}
	if p.err == nil {
		c.Visible = &p.count
		c.Unproven = fmt.Sprintf("Whether the role sees all records: it sees %d. Compare with ConnectWise.", p.count)
	}
	t.add(c, p.err, "The role may read "+p.info.Label+" ("+cell+").")
}

// report sums up. Nothing is OK unless every required check passed.
func (t *tester) report() Report {
	r := Report{Checks: t.checks, Rights: t.rights, OK: !slices.ContainsFunc(t.checks, func(c Check) bool {
		return c.Required && c.Status != Pass
	})}
	if t.endpoint.APIBase != "" {
		e := t.endpoint
		r.Endpoint = &e
	}
	return r
}
