package httpapi

import "context"

// Me is who is signed in, and where.
type Me struct {
	Account string   `json:"account" doc:"The MSP's account."`
	Name    string   `json:"name,omitempty" doc:"The person's name, if the token holds it."`
	Roles   []string `json:"roles" nullable:"false" doc:"admin may change, member may look."`
	Product string   `json:"product" doc:"The vendor's product, as people call it."`
	// Installation stands in every reference written to ConnectWise.
	Installation string `json:"installation" doc:"This deployment's id."`
}

type meOutput struct{ Body Me }

func (a *api) registerMe() {
	add(a, operation{id: "getMe", method: "GET", path: "/v1/me", summary: "Who is signed in", access: reads, tag: "Me"}, a.me)
}

func (a *api) me(ctx context.Context, _ *struct{}) (*meOutput, error) {
	c := callerOf(ctx)
	return &meOutput{Me{
		Account: string(c.account), Name: c.name, Roles: orEmpty(c.roles), Product: a.Product, Installation: a.Installation,
	}}, nil
}
