import { Alert, createTheme, Modal, MultiSelect, Notification, PasswordInput, Select } from "@mantine/core";

/**
 * The look of the console. Mantine would write the theme's variables into a
 * style element, which our content security policy forbids, so what differs
 * from its defaults stands in theme.css.
 */
export const theme = createTheme({
  primaryColor: "blue",
  defaultRadius: "md",
  respectReducedMotion: true,
  components: {
    // Only what went wrong interrupts a screen reader; such alerts say so themselves.
    Alert: Alert.extend({ defaultProps: { role: "note" } }),
    // Mantine locks scrolling by a style element; app.css does it instead.
    Modal: Modal.extend({
      defaultProps: { lockScroll: false, centered: true, closeButtonProps: { "aria-label": "Close" } },
    }),
    PasswordInput: PasswordInput.extend({
      defaultProps: { visibilityToggleButtonProps: { tabIndex: 0, "aria-label": "Show or hide the key" } },
    }),
    // The list itself scrolls, which the keys of its box do; Mantine's own area could not be reached by key.
    MultiSelect: MultiSelect.extend({ defaultProps: { withScrollArea: false } }),
    Select: Select.extend({ defaultProps: { withScrollArea: false } }),
    // A dialog's header is not the page's banner.
    ModalHeader: { defaultProps: { role: "none" } },
    Notification: Notification.extend({ defaultProps: { closeButtonProps: { "aria-label": "Close" } } }),
  },
});
