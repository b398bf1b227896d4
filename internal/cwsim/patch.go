package cwsim

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// operation is one step of ConnectWise's dialect of JSON Patch: add, replace and remove; paths without a leading slash.
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

func (c *call) patch() (response, error) {
	s := c.sim
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.st.tables[c.route.table]
	old, err := c.find(t)
	if err != nil {
		return response{}, err
	}
	var ops []operation
	if err := json.Unmarshal(c.body, &ops); err != nil {
		return response{}, refuse(http.StatusBadRequest, "ConnectWiseApi", "The request body is not an array of patch operations.")
	}
	if err := c.wholeCustom(t, ops); err != nil {
		return response{}, err
	}
	r := old.clone()
	for _, op := range ops {
		if err := c.apply(t, r, op); err != nil {
			return response{}, err
		}
	}
	return c.update(t, old, r)
}

// wholeCustom refuses a patch that leaves customFields out, if the switch says so.
func (c *call) wholeCustom(t *table, ops []operation) error {
	_, f := t.entity.field("customFields")
	sent := slices.ContainsFunc(ops, func(op operation) bool { return strings.TrimPrefix(op.Path, "/") == "customFields" })
	if f == nil || sent || !c.sim.sw.PatchNeedsCustomFields {
		return nil
	}
	return invalid(t.entity, validation{Code: "InvalidObject", Message: "customFields must be replaced as a whole.", Field: "customFields"})
}

func (c *call) apply(t *table, r *row, op operation) error {
	path := strings.Split(strings.TrimPrefix(op.Path, "/"), "/")
	i, f := t.entity.field(path[0])
	if f == nil || !slices.Contains([]string{"add", "replace", "remove"}, op.Op) {
		message := "The patch operation " + op.Op + " " + op.Path + " is not valid."
		return invalid(t.entity, validation{Code: "InvalidField", Message: message, Field: path[0]})
	}
	if len(path) > 1 {
		if f.kind != kindObjects {
			return nil // a path below a reference is answered with 200 and changes nothing
		}
		return c.applyBelow(t, r, op, path)
	}
	if op.Op == "remove" {
		if !f.readOnly && !f.postOnly && f.name != "id" {
			r.unset(i)
		}
		return nil
	}
	if err := known(t.entity, map[string]any{path[0]: op.Value}, c.body, ""); err != nil {
		return err
	}
	if f.name == "customFields" {
		op.Value = c.mergeCustom(t, r, op.Value)
	}
	return c.assign(t.entity, r, map[string]any{path[0]: op.Value})
}

// applyBelow patches one element of an array, as in communicationItems/1/value, on the array's JSON.
func (c *call) applyBelow(t *table, r *row, op operation, path []string) error {
	list := c.jsonList(t, r, path[0])
	n, err := strconv.Atoi(path[1])
	if path[1] == "-" {
		n, err = len(list), nil
	}
	grows := op.Op == "add" && len(path) == 2
	if err != nil || n < 0 || n > len(list) || n == len(list) && !grows {
		return invalid(t.entity, validation{Code: "InvalidField", Message: "The path " + op.Path + " does not exist.", Field: path[0]})
	}
	switch {
	case len(path) > 2:
		element, _ := list[n].(map[string]any)
		if element == nil {
			return nil
		}
		element[path[2]] = op.Value
		if op.Op == "remove" {
			delete(element, path[2])
		}
	case op.Op == "remove":
		list = slices.Delete(list, n, n+1)
	case op.Op == "add":
		list = slices.Insert(list, n, op.Value)
	default:
		list[n] = op.Value
	}
	return c.apply(t, r, operation{Op: "replace", Path: path[0], Value: list})
}

// jsonList is the JSON form of a field that holds an array.
func (c *call) jsonList(t *table, r *row, name string) []any {
	p := &projection{below: map[int]*projection{t.entity.index[name]: nil}}
	var out map[string][]any
	if err := json.Unmarshal(c.render(t, r, p), &out); err != nil {
		return nil
	}
	return out[name]
}

// mergeCustom completes the custom fields of a patch: entries may be {id, value} only, and entries left out stay as they are,
// or lose their value if the switch says so.
func (c *call) mergeCustom(t *table, r *row, value any) any {
	sent, ok := value.([]any)
	if !ok {
		return value
	}
	stored := c.jsonList(t, r, "customFields")
	for _, v := range stored {
		entry, _ := v.(map[string]any)
		change := entryWithID(sent, entry["id"])
		if entry != nil && change == nil && c.sim.sw.CustomFieldsCleared {
			entry["value"] = nil
		}
		if entry != nil {
			maps.Copy(entry, change)
		}
	}
	for _, v := range sent {
		if entry, ok := v.(map[string]any); ok && entryWithID(stored, entry["id"]) == nil {
			stored = append(stored, v)
		}
	}
	return stored
}

func entryWithID(list []any, id any) map[string]any {
	for _, v := range list {
		if m, ok := v.(map[string]any); ok && m["id"] == id {
			return m
		}
	}
	return nil
}
