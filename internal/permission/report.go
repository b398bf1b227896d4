package permission

// Loss is a feature that works with something missing, or not at all.
type Loss struct {
	Feature Name
	Label   string
	// Works is set if only part of the feature is lost.
	Works bool
	// Says is what is lost.
	Says string
	// Right is what has to be added to the role.
	Right Right
}

// Losses names what the missing rights cost, feature by feature. A right that
// is not known to be missing costs nothing.
func Losses(findings []Finding) []Loss {
	var out []Loss
	for _, f := range findings {
		if f.State != Missing {
			continue
		}
		for _, name := range f.Features {
			feature, _ := Named(name)
			l := Loss{Feature: name, Label: feature.Label, Right: f.Right, Says: "None of it works without this right."}
			if without := f.Without[name]; without != "" {
				l.Works, l.Says = true, without
			}
			out = append(out, l)
		}
	}
	return out
}

// Count says how many findings are in each state.
func Count(findings []Finding) map[State]int {
	out := map[State]int{}
	for _, f := range findings {
		out[f.State]++
	}
	return out
}
