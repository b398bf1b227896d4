package stack_test

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strings"
	"sync"
)

const (
	typeA     = 1
	typeCNAME = 5
	typeAAAA  = 28
)

// zone answers questions about names. A name has one list of addresses for
// each time that it is asked for, the last one for ever; a name with a leading
// "=" in the place of an address is an alias.
type zone struct {
	names map[string][]string

	mu    sync.Mutex
	asked map[string]int // questions by name; each kind of address is one
}

// serve answers until the connection is closed.
func (z *zone) serve(pc net.PacketConn) {
	buf := make([]byte, 1500)
	for {
		n, from, err := pc.ReadFrom(buf)
		if err != nil {
			return
		}
		if answer := z.answer(buf[:n]); answer != nil {
			pc.WriteTo(answer, from)
		}
	}
}

// questions is how often names were asked for so far.
func (z *zone) questions() (n int) {
	z.mu.Lock()
	defer z.mu.Unlock()
	for _, asked := range z.asked {
		n += asked
	}
	return n
}

// answer repeats the question and says what the zone knows.
func (z *zone) answer(q []byte) []byte {
	var labels []string
	at := 12
	for at < len(q) && q[at] != 0 {
		next := at + 1 + int(q[at])
		if next >= len(q) {
			return nil
		}
		labels = append(labels, string(q[at+1:next]))
		at = next
	}
	if len(q) < at+5 {
		return nil
	}
	kind := binary.BigEndian.Uint16(q[at+1:])
	name := strings.ToLower(strings.Join(labels, "."))
	records, known := z.records(name, kind)
	out := append([]byte{}, q[:at+5]...)
	out[2], out[3] = 0x81, 0x80
	if !known {
		out[3] |= 3 // no such name
	}
	clear(out[6:12])
	binary.BigEndian.PutUint16(out[6:], uint16(len(records)))
	for _, r := range records {
		out = append(out, r...)
	}
	return out
}

func (z *zone) records(name string, kind uint16) (out [][]byte, known bool) {
	turns, known := z.names[name]
	z.mu.Lock()
	if z.asked == nil {
		z.asked = map[string]int{}
	}
	turn := z.asked[name+string(rune(kind))]
	z.asked[name+string(rune(kind))]++
	z.mu.Unlock()
	if !known {
		return nil, false
	}
	owner := []byte{0xc0, 12}
	for value := range strings.FieldsSeq(turns[min(turn, len(turns)-1)]) {
		if alias, ok := strings.CutPrefix(value, "="); ok {
			target := wireName(alias)
			out = append(out, record(owner, typeCNAME, target))
			more, _ := z.records(alias, kind)
			for _, r := range more {
				out = append(out, append(append([]byte{}, target...), r[2:]...))
			}
			continue
		}
		ip := netip.MustParseAddr(value)
		if kind == typeA && ip.Is4() || kind == typeAAAA && ip.Is6() {
			out = append(out, record(owner, kind, ip.AsSlice()))
		}
	}
	return out, true
}

// record may not be kept: its life is zero.
func record(owner []byte, kind uint16, data []byte) []byte {
	out := binary.BigEndian.AppendUint16(append([]byte{}, owner...), kind)
	out = append(out, 0, 1, 0, 0, 0, 0)
	return append(binary.BigEndian.AppendUint16(out, uint16(len(data))), data...)
}

func wireName(name string) []byte {
	var out []byte
	for label := range strings.SplitSeq(name, ".") {
		out = append(append(out, byte(len(label))), label...)
	}
	return append(out, 0)
}
