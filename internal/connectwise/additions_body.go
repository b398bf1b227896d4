package connectwise

import (
	"encoding/json"
	"fmt"

	"github.com/psabridge/psabridge/internal/usage"
)

// copied are the members of an addition whose values a new line takes over from
// the one it succeeds (spec 5.5), as they are: no number is read and written.
func copied() []string {
	return []string{
		"unitPrice", "unitCost", "billCustomer", "taxableFlag", "lessIncluded", "description", "invoiceDescription", "uom",
		"invoiceGrouping", "purchaseItemFlag", "specialOrderFlag", "prorateCurrentPeriodFlag", "customFields",
	}
}

// newAddition is the body of a POST.
func newAddition(line usage.NewLine, noon bool) ([]byte, error) {
	body := map[string]any{"billCustomer": "Billable"}
	if len(line.Like) > 0 {
		if err := take(body, line.Like); err != nil {
			return nil, err
		}
	}
	body["product"] = map[string]any{"id": line.Product}
	body["quantity"] = line.Quantity
	body["effectiveDate"] = stamp(line.Start, noon)
	if line.End != "" {
		body["cancelledDate"] = stamp(line.End, noon)
	}
	if line.Marker != "" {
		body["serialNumber"] = line.Marker
	}
	out, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode addition: %w", err)
	}
	return out, nil
}

// take copies members. A reference is sent as its id alone, and a custom field
// as id and value: the rest of both is read only.
func take(body map[string]any, like json.RawMessage) error {
	var from map[string]json.RawMessage
	if err := json.Unmarshal(like, &from); err != nil {
		return fmt.Errorf("decode the line to copy: %w", err)
	}
	for _, name := range copied() {
		v := from[name]
		switch {
		case len(v) == 0 || string(v) == "null":
		case name == "invoiceGrouping":
			var ref reference
			if json.Unmarshal(v, &ref) == nil && ref.ID > 0 {
				body[name] = map[string]any{"id": ref.ID}
			}
		case name == "customFields":
			if fields := customValues(v); len(fields) > 0 {
				body[name] = fields
			}
		default:
			body[name] = v
		}
	}
	return nil
}

// customValues are the custom fields that have a value.
func customValues(raw json.RawMessage) []map[string]json.RawMessage {
	var fields, out []map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return nil
	}
	for _, f := range fields {
		if v := f["value"]; len(v) > 0 && string(v) != "null" {
			out = append(out, map[string]json.RawMessage{"id": f["id"], "value": v})
		}
	}
	return out
}
