//! System views.
#[derive(Clone)]
pub struct SystemView;
pub fn view(_schema: &str, _name: &str) -> Option<SystemView> { None }
impl SystemView {
    pub fn name(&self) -> &'static str { "" }
    pub fn sql(&self) -> &'static str { "" }
}
