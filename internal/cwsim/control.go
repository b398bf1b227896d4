package cwsim

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// controlPrefix is where the simulator itself is steered. Nothing of ConnectWise lives there, and without the control header
// it does not exist.
const (
	controlPrefix = "/_sim/"
	controlHeader = "X-Simulator-Control"
	controlType   = "application/vnd.psabridge.simulator+json"
)

// control answers a request to steer the simulator. GET reads what is in force; PUT or POST changes it:
//
//	/_sim/faults     a list of Fault; DELETE ends them all
//	/_sim/switches   the members of Switches to change
//	/_sim/clock      {"now": time} stops the clock, {"advance": "1h"} moves it, {"run": true} lets it run again
//	/_sim/roles      {"member": "", "name": "full|none|guide1|guide2"} or {"member": "", "role": Role}
//	/_sim/upgrade    {"codebase": "v2026_2/"}
//	/_sim/points     all open points with their answers and the one in force; PUT {"name": "value"} chooses
//	/_sim/callbacks  attempts and held ones; PUT a list of DeliveryFault; POST {"release": "inOrder|reversed"}, {"rotateKey": true}
//	/_sim/invoices   ?agreement=5 reads invoices; POST {"agreement": 5, "on": day} makes the next one, {"due": day} all that are due
//	/_sim/arrears    POST {"agreement": 5, "arrears": true}
//	/_sim/settle     POST carries out what FaultCommitLater has put off
//	/_sim/touch      {"table": "contacts", "at": time, "ids": [1,2]} or, in the place of ids, "count": 150
//	/_sim/requests   counters and the last requests; DELETE resets them
//	/_sim/records    /{table} all records, one a line; /{table}/{id} one record, which PUT and DELETE change
func (s *Simulator) control(r *http.Request) response {
	if r.Header.Get(controlHeader) == "" {
		return htmlResponse(http.StatusNotFound, "psabridge-cwsim: the header "+controlHeader+" is missing")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 16<<20))
	if err != nil {
		return controlError(err)
	}
	name, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, controlPrefix), "/")
	read := r.Method == http.MethodGet
	var out any
	switch name {
	case "faults":
		out, err = s.controlFaults(r.Method, body)
	case "switches":
		out, err = s.controlSwitches(read, body)
	case "clock":
		out, err = s.controlClock(read, body)
	case "roles":
		out, err = s.controlRoles(read, body)
	case "upgrade":
		out, err = s.controlUpgrade(read, body)
	case "points":
		out, err = s.controlPoints(read, body)
	case "callbacks":
		out, err = s.controlCallbacks(r.Method, body)
	case "invoices":
		out, err = s.controlInvoices(r, read, body)
	case "arrears":
		out, err = s.controlArrears(body)
	case "settle":
		out = map[string]int{"settled": s.Settle()}
	case "touch":
		out, err = s.controlTouch(body)
	case "requests":
		out = s.controlRequests(r.Method)
	case "records":
		return s.controlRecords(r.Method, rest, body)
	default:
		return htmlResponse(http.StatusNotFound, "psabridge-cwsim: nothing here")
	}
	if err != nil {
		return controlError(err)
	}
	return jsonValue(http.StatusOK, out).with("Content-Type", controlType)
}

func controlError(err error) response {
	return jsonValue(http.StatusUnprocessableEntity, map[string]string{"simulator": err.Error()}).with("Content-Type", controlType)
}

func (s *Simulator) controlFaults(method string, body []byte) (any, error) {
	switch method {
	case http.MethodDelete:
		return []Fault{}, s.SetFaults()
	case http.MethodPut, http.MethodPost:
		var rules []Fault
		if err := json.Unmarshal(body, &rules); err != nil {
			return nil, err
		}
		if err := s.SetFaults(rules...); err != nil {
			return nil, err
		}
	}
	return s.Faults(), nil
}

// controlSwitches changes the switches that the body names and leaves the others.
func (s *Simulator) controlSwitches(read bool, body []byte) (any, error) {
	var err error
	if !read {
		s.SetSwitches(func(sw *Switches) {
			next := sw.clone()
			if err = json.Unmarshal(body, &next); err == nil {
				err = next.check()
			}
			if err == nil {
				*sw = next
			}
		})
	}
	return s.Switches(), err
}

func (s *Simulator) controlClock(read bool, body []byte) (any, error) {
	var change struct {
		Now     *time.Time `json:"now"`
		Advance string     `json:"advance"`
		Run     bool       `json:"run"`
	}
	if !read {
		if err := json.Unmarshal(body, &change); err != nil {
			return nil, err
		}
	}
	if change.Run {
		s.SetClock(time.Time{})
	}
	if change.Now != nil {
		s.SetClock(*change.Now)
	}
	if change.Advance != "" {
		d, err := time.ParseDuration(change.Advance)
		if err != nil {
			return nil, err
		}
		s.Advance(d)
	}
	return map[string]time.Time{"now": s.now()}, nil
}

// controlRoles takes {"member": "", "role": {...}} or, in the place of role, "name": "full", "none", "guide1" or "guide2".
func (s *Simulator) controlRoles(read bool, body []byte) (any, error) {
	if !read {
		var change struct {
			Member string `json:"member"`
			Name   string `json:"name"`
			Role   *Role  `json:"role"`
		}
		if err := json.Unmarshal(body, &change); err != nil {
			return nil, err
		}
		role, known := map[string]Role{
			"full": FullRole(), "none": NoRole(), "guide1": GuideOneRole(), "guide2": GuideTwoRole(),
		}[change.Name]
		if change.Role != nil {
			role = *change.Role
		} else if !known {
			return nil, refuse(0, "role", "there is no role %q", change.Name)
		}
		if err := s.SetRole(change.Member, role); err != nil {
			return nil, err
		}
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return append([]Member{}, s.members...), nil
}

func (s *Simulator) controlUpgrade(read bool, body []byte) (any, error) {
	change := struct {
		Codebase string `json:"codebase"`
	}{}
	if !read {
		if err := json.Unmarshal(body, &change); err != nil {
			return nil, err
		}
		s.Upgrade(change.Codebase)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	change.Codebase = s.codebase
	return change, nil
}

func (s *Simulator) controlRequests(method string) any {
	if method == http.MethodDelete {
		s.ResetRequests()
	}
	return map[string]any{
		"counts": s.Counts(), "maxConcurrent": s.MaxConcurrent(), "callbackAttempts": s.CallbackAttempts(), "last": s.Requests(),
	}
}

// controlRecords reads and writes records without ConnectWise's rules: /_sim/records/{table} and /_sim/records/{table}/{id}.
func (s *Simulator) controlRecords(method, rest string, body []byte) response {
	table, tail, one := strings.Cut(rest, "/")
	id, err := strconv.Atoi(tail)
	if s.st.tables[table] == nil || one && err != nil {
		return htmlResponse(http.StatusNotFound, "psabridge-cwsim: no such record")
	}
	var out any
	switch {
	case method == http.MethodGet && one:
		out = s.Get(table, id)
	case method == http.MethodGet:
		return s.dump(table)
	case method == http.MethodDelete && one:
		out = map[string]bool{"deleted": s.Delete(table, id)}
	default:
		var members map[string]any
		if err := json.Unmarshal(body, &members); err != nil {
			return controlError(err)
		}
		if one && members != nil {
			members["id"] = id
		}
		if id, err = s.Put(table, members); err != nil {
			return controlError(err)
		}
		out = s.Get(table, id)
	}
	return jsonValue(http.StatusOK, out).with("Content-Type", controlType)
}

// dump is a whole table, one record a line.
func (s *Simulator) dump(name string) response {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.st.tables[name]
	w := renderer{st: s.st, base: "https://" + s.cfg.SiteHost + "/" + s.codebase + "/apis/3.0"}
	var b []byte
	for _, r := range t.rows {
		b = append(w.record(b, t.entity, r, nil), '\n')
	}
	return response{status: http.StatusOK, body: b}.with("Content-Type", "application/x-ndjson")
}
